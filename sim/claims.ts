import { Scheduler } from "../src/scheduler/scheduler.ts";
import { type ContenderName, contenders } from "./contenders.ts";
import { type DeviceBucket, flat512, linear1024, measuredBook, soloMsOf } from "./device.ts";
import { type Measures, measure } from "./measure.ts";
import { type Policy, shipped } from "./policy.ts";
import { type Arrival, simulate } from "./run.ts";
import { arrivalsOf, plainJob, type Workload } from "./workload.ts";

/** A promise of docs/scheduler.md, and what came of it. */
export interface Claim {
  readonly what: string;
  readonly value: number;
  readonly most: number;
}

export interface ClaimOptions {
  /** Runs of each kind, and edits in each. */
  readonly seeds: number;
  readonly edits: number;
}

export function checkClaims(options: ClaimOptions, progress: (share: number, note: string) => void): Claim[] {
  const parts: readonly [string, () => Claim[]][] = [
    ["flat curve", () => flatClaims(options)],
    ["linear curve", () => linearClaims(options)],
    ["one account floods", () => [floodClaim(flat512), floodClaim(linear1024)]],
    ["estimates", () => [calibrationClaim(options)]],
  ];
  return parts.flatMap(([note, check], i) => {
    progress(i / parts.length, note);
    return check();
  });
}

function flatClaims({ seeds, edits }: ClaimOptions): Claim[] {
  const workload: Workload = { buckets: [flat512], steps: [28], load: 0.8, edits, accounts: 20 };
  const overFifo: number[] = [];
  const overRequests: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { Pentimento: ours, FIFO: fifo, requests, "requests, delay": delayed } = runAll(workload, seed);
    overFifo.push(ours.p95 / fifo.p95);
    overRequests.push(ours.p95 / Math.min(requests.p95, delayed.p95));
  }
  return [
    { what: "H200 512², load 0.8: p95 against FIFO", value: meanOf(overFifo), most: 0.2 },
    { what: "H200 512², load 0.8: p95 against request-level batches", value: meanOf(overRequests), most: 0.75 },
  ];
}

function linearClaims({ seeds, edits }: ClaimOptions): Claim[] {
  const p50: number[] = [];
  const mean: number[] = [];
  for (const steps of [[28], [20, 28, 30, 50], [8, 16, 28, 50]]) {
    for (const load of [0.5, 0.8, 0.9]) {
      for (let seed = 1; seed <= seeds; seed += 1) {
        const workload: Workload = { buckets: [linear1024], steps, load, edits, accounts: 20 };
        const arrivals = arrivalsOf(workload, seed);
        const all = contenders(workload.buckets);
        const ours = played(all.Pentimento(), arrivals, workload);
        const fifo = played(all.FIFO(), arrivals, workload);
        p50.push(ours.p50 / fifo.p50);
        if (steps.length > 1) mean.push(ours.mean / fifo.mean);
      }
    }
  }
  return [
    { what: "linear, loads 0.5 to 0.9: p50 against FIFO, worst run", value: Math.max(...p50), most: 1.05 },
    { what: "linear, steps that differ: mean against FIFO, worst run", value: Math.max(...mean), most: 1 },
  ];
}

/** The longest that a single edit waited for its slot, of many moments at which it came behind another account's 50. */
function floodClaim(at: DeviceBucket): Claim {
  const steps = 28;
  const soloMs = soloMsOf(at, steps);
  const waits: number[] = [];
  for (let i = 0; i < 60; i += 1) {
    const single = { at: (10 * soloMs * i) / 60 + 1, job: { ...plainJob("single", at, steps), account: "single" } };
    const flood = Array.from({ length: 50 }, (_, n) => ({
      at: 0,
      job: { ...plainJob(`${n}`, at, steps), account: "flood" },
    }));
    let openedAt = 0;
    simulate(contenders([at]).Pentimento(), {
      device: [at],
      arrivals: [...flood, single],
      watch: (move, now) => {
        if (move.kind === "open" && move.id === "single") openedAt = now;
      },
    });
    waits.push((openedAt - single.at) / soloMs);
  }
  return {
    what: `${at.bucket}: a single edit behind another account's 50 waits, in solo edits`,
    value: Math.max(...waits),
    most: 2,
  };
}

/** How often the truth lay outside the interval that was told as the edit came in. */
function calibrationClaim({ edits }: ClaimOptions): Claim {
  const device = [flat512, linear1024];
  const workload: Workload = { buckets: device, steps: [8, 20, 28, 50], load: 0.7, edits, accounts: 20 };
  const scheduler = new Scheduler({ costs: measuredBook(device) });
  const policy = shipped(scheduler);
  const telling: Policy = {
    ...policy,
    submit(job, now) {
      const admission = policy.submit(job, now);
      scheduler.estimate(job.id, now);
      return admission;
    },
  };
  simulate(telling, { device, arrivals: arrivalsOf(workload, 1), noise: 0.1, seed: 2 });
  const { told, within } = scheduler.snapshot(0).calibration;
  return { what: "ends outside the told interval (meant to leave out a tenth)", value: 1 - within / told, most: 0.15 };
}

export function runAll(workload: Workload, seed: number): Record<ContenderName, Measures> {
  const arrivals = arrivalsOf(workload, seed);
  const all = Object.entries(contenders(workload.buckets));
  const measures = all.map(([name, make]) => [name, played(make(), arrivals, workload)]);
  return Object.fromEntries(measures) as Record<ContenderName, Measures>;
}

function played(policy: Policy, arrivals: readonly Arrival[], { buckets }: Workload): Measures {
  return measure(simulate(policy, { device: buckets, arrivals }), buckets);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
