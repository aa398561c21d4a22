import { createHash } from "node:crypto";
import type { Goal, Job, Limits } from "../src/scheduler/job.ts";
import { priorities } from "../src/scheduler/job.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { type Chance, chance } from "./chance.ts";
import { type DeviceBucket, measuredBook } from "./device.ts";
import { Laws } from "./laws.ts";

/** A schedule drawn from a seed: what comes in and when, and how the engine behaves. */
export interface Ordeal {
  readonly device: readonly DeviceBucket[];
  readonly limits: Limits;
  readonly goal: Goal;
  readonly edits: readonly {
    readonly job: Job;
    readonly at: number;
    readonly releaseAt: number;
    readonly cancelAt?: number;
  }[];
  /** Chance that a call ends with the engine's death. */
  readonly deaths: number;
  /** Durations differ from the measured by so much either way. */
  readonly noise: number;
}

export interface OrdealResult {
  readonly faults: readonly string[];
  readonly decisions: number;
  readonly edits: number;
  /** Digest of every decision and its time. */
  readonly log: string;
}

function drawOrdeal(seed: number): Ordeal {
  const luck = chance(seed);
  const device = Array.from({ length: 1 + luck.whole(4) }, (_, i) => drawBucket(`bucket ${i}`, luck));
  const rowsMax = 2 + luck.whole(7);
  const openMax = 2 + luck.whole(7);
  const limits: Limits = {
    rowsMax,
    openMax,
    openBytesMax: (1 + luck.whole(2 * openMax)) * 2 ** 20,
    backlogMsMax: 200 * (1 + luck.whole(1000)),
    accountShareMax: luck.pick([0.5, 1]),
  };
  const goal: Goal = {
    overdueMs: luck.pick([500, 5_000, 50_000]),
    ageing: luck.pick([0, 0.1, 1]),
    earlyStepsMin: luck.pick([2, 8, 16]),
    riderStretch: 1.25,
  };
  const accounts = Array.from({ length: 1 + luck.whole(6) }, (_, i) => ({
    account: `account ${i}`,
    weight: luck.pick([0.5, 1, 4]),
    concurrencyMax: 1 + luck.whole(4),
  }));
  const gapMs = luck.pick([0, 20, 200, 1_000]);
  let at = 0;
  const edits = Array.from({ length: 1 + luck.whole(luck.pick([10, 30, 30, 100])) }, (_, i) => {
    at += gapMs === 0 ? 0 : luck.exponential(gapMs);
    const bucket = luck.pick(device);
    const job: Job = {
      id: `edit ${i}`,
      ...luck.pick(accounts),
      priority: luck.pick(priorities),
      bucket: bucket.bucket,
      bucketTokens: bucket.tokens,
      steps: 1 + luck.whole(luck.pick([2, 12, 28])),
      rowsPerStep: luck.pick([1, 1, 1, 2]),
      latentBytes: 2 ** 20,
      ...(luck.uniform() < 0.2 ? { deadlineMs: at + luck.exponential(5_000) } : {}),
    };
    const releaseAt = at + (luck.uniform() < 0.5 ? 0 : luck.exponential(100));
    return { job, at, releaseAt, ...(luck.uniform() < 0.2 ? { cancelAt: at + luck.exponential(2_000) } : {}) };
  });
  return { device, limits, goal, edits, deaths: luck.pick([0, 0, 0.01, 0.05]), noise: luck.pick([0, 0.1, 0.9]) };
}

/** Plays the ordeal of a seed and checks every decision against the laws. */
export function endure(seed: number): OrdealResult {
  const ordeal = drawOrdeal(seed);
  const luck = chance(seed ^ 0x5bd1e995);
  const scheduler = new Scheduler({ costs: measuredBook(ordeal.device), limits: ordeal.limits, goal: ordeal.goal });
  const laws = new Laws(ordeal);
  const digest = createHash("sha256");
  const events = eventsOf(ordeal);
  let now = 0;
  let next = 0;
  let decisions = 0;
  const happen = (until: number) => {
    for (; next < events.length && events[next]!.at <= until; next += 1) {
      const { at, kind, index } = events[next]!;
      const { job } = ordeal.edits[index]!;
      if (kind === "submit") laws.submitted(job, scheduler.submit(job, at), at);
      if (kind === "release" && laws.released(job.id, at)) scheduler.release(job.id, at);
      if (kind === "cancel" && laws.cancelled(job.id)) scheduler.cancel(job.id);
      if (luck.uniform() < 0.1) laws.told(job.id, scheduler.estimate(job.id, at));
    }
  };
  for (;;) {
    happen(now);
    const decision = scheduler.next(now);
    decisions += 1;
    digest.update(`${now} ${JSON.stringify(decision)}\n`);
    if (decisions > decisionsMax) return { ...laws.verdict(), faults: ["does not come to an end"], decisions, log: "" };
    const ms = laws.decided(decision, now) * (1 + ordeal.noise * (2 * luck.uniform() - 1));
    if (decision.kind === "close") continue;
    if (decision.kind === "idle") {
      if (next >= events.length) break;
      now = Math.max(now, events[next]!.at);
      continue;
    }
    now += ms;
    happen(now);
    if (luck.uniform() < ordeal.deaths) {
      laws.died();
      scheduler.lost("all");
    } else if (decision.kind === "step") {
      scheduler.stepped(decision.ids, { ms, done: laws.stepped(decision.ids) });
    } else if (decision.kind === "open") {
      if (!laws.opened(decision.id)) continue;
      const { rowsPerStep: rows, steps } = laws.job(decision.id);
      scheduler.opened(decision.id, { rows, step: 0, steps, ms });
    } else if (laws.decoded(decision.id, now)) {
      scheduler.decoded(decision.id, ms, now);
    }
  }
  laws.ended(scheduler.snapshot(now).edits);
  return { ...laws.verdict(), decisions, log: digest.digest("hex") };
}

/** 30 edits of 28 steps with a death in twenty calls come to an end long before. */
const decisionsMax = 100_000;

function drawBucket(bucket: string, luck: Chance): DeviceBucket {
  const stepMs = luck.pick([5, 50, 100]);
  const shape = luck.pick([0, 0.1, 0.5, 1]);
  const speedups = [1, 2, 4, 8, 16].map((rows) => [rows, rows / (1 + shape * (rows - 1))] as const);
  return { bucket, tokens: 20 * stepMs, speedups, stepMs, openMs: luck.pick([1, 50]), decodeMs: luck.pick([1, 50]) };
}

function eventsOf({ edits }: Ordeal) {
  const events: { at: number; kind: "submit" | "release" | "cancel"; index: number }[] = [];
  for (const [index, { at, releaseAt, cancelAt }] of edits.entries()) {
    events.push({ at, kind: "submit", index }, { at: releaseAt, kind: "release", index });
    if (cancelAt !== undefined) events.push({ at: cancelAt, kind: "cancel", index });
  }
  return events.sort((a, b) => a.at - b.at);
}
