import type { Job, Priority } from "../src/scheduler/job.ts";
import { type Chance, chance } from "./chance.ts";
import { type DeviceBucket, soloMsOf } from "./device.ts";
import type { Arrival } from "./run.ts";

export interface Workload {
  readonly buckets: readonly DeviceBucket[];
  /** Steps that edits ask for; each as likely as the others. */
  readonly steps: readonly number[];
  /** Work that comes in, in engines: at 0.8 an engine that shares nothing is busy four fifths of the time. */
  readonly load: number;
  readonly edits: number;
  readonly accounts: number;
  /** Edits come in groups of so many on average; 1 is a Poisson process. */
  readonly burst?: number;
  readonly priorities?: readonly Priority[];
  /** Deadlines lie so many solo edits after arrival. */
  readonly deadlineSolos?: number;
}

/** Arrivals of a workload; the same seed gives the same. */
export function arrivalsOf(workload: Workload, seed: number): Arrival[] {
  const luck = chance(seed);
  const burst = workload.burst ?? 1;
  const gapMs = (meanSoloMs(workload) * burst) / workload.load;
  const arrivals: Arrival[] = [];
  let at = 0;
  while (arrivals.length < workload.edits) {
    at += luck.exponential(gapMs);
    let size = 1;
    while (burst > 1 && luck.uniform() > 1 / burst) size += 1;
    for (let i = 0; i < size && arrivals.length < workload.edits; i += 1) {
      arrivals.push({ at, job: drawJob(workload, `${arrivals.length}`, at, luck) });
    }
  }
  return arrivals;
}

function meanSoloMs({ buckets, steps }: Workload): number {
  let sum = 0;
  for (const at of buckets) for (const count of steps) sum += soloMsOf(at, count);
  return sum / (buckets.length * steps.length);
}

function drawJob(workload: Workload, id: string, at: number, luck: Chance): Job {
  const bucket = luck.pick(workload.buckets);
  const steps = luck.pick(workload.steps);
  const deadline = workload.deadlineSolos;
  return {
    ...plainJob(id, bucket, steps),
    account: `account ${luck.whole(workload.accounts)}`,
    priority: luck.pick(workload.priorities ?? ["normal"]),
    ...(deadline === undefined ? {} : { deadlineMs: at + deadline * soloMsOf(bucket, steps) }),
  };
}

/** An edit of one account without wishes. */
export function plainJob(id: string, { bucket, tokens }: DeviceBucket, steps: number): Job {
  return {
    id,
    account: "one",
    weight: 1,
    priority: "normal",
    bucket,
    bucketTokens: tokens,
    steps,
    rowsPerStep: 1,
    latentBytes: 2 ** 20,
    concurrencyMax: 64,
  };
}
