import { expect } from "vitest";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import type { Job } from "../../src/scheduler/job.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

const bucket = { bucket: "512x512", tokens: 2560 };

export const linear = (rows: number) => 100 * rows;
export const flat = (rows: number) => 100 + rows;

/** A book in which a step of `rows` takes `stepMs(rows)`, openings and decodings `codingMs`. */
export function bookOf(stepMs: (rows: number) => number, codingMs = 10): CostBook {
  const costs = new CostBook({ model: "m", provider: "cpu", device: "d" });
  for (const rows of [1, 2, 4, 8, 16]) {
    for (let repeat = 0; repeat < 3; repeat += 1) costs.observe({ kind: "step", ...bucket, rows, ms: stepMs(rows) });
  }
  costs.observe({ kind: "open", ...bucket, ms: codingMs });
  costs.observe({ kind: "decode", ...bucket, ms: codingMs });
  return costs;
}

export function job(id: string, changes: Partial<Job> = {}): Job {
  const job: Job = {
    id,
    account: "a",
    weight: 1,
    priority: "interactive",
    bucket: bucket.bucket,
    bucketTokens: bucket.tokens,
    steps: 4,
    rowsPerStep: 1,
    latentBytes: 2 ** 20,
    concurrencyMax: 64,
    ...changes,
  };
  known.set(id, job);
  return job;
}

const known = new Map<string, Job>();
const left = new WeakMap<Scheduler, Map<string, number>>();

/** Carries decisions out until the scheduler is idle, or so many; tells what was done. */
export function drive(
  scheduler: Scheduler,
  stepMs: (rows: number) => number,
  from = 0,
  most = Number.POSITIVE_INFINITY,
  codingMs = 10,
): string[] {
  const stepsLeft = left.get(scheduler) ?? new Map<string, number>();
  left.set(scheduler, stepsLeft);
  const log: string[] = [];
  let now = from;
  while (log.length < most) {
    const decision = scheduler.next(now);
    if (decision.kind === "idle") break;
    if (decision.kind === "step") {
      log.push(`step ${decision.ids.join("+")}`);
      const ms = stepMs(decision.ids.length);
      now += ms;
      for (const id of decision.ids) stepsLeft.set(id, stepsLeft.get(id)! - 1);
      scheduler.stepped(decision.ids, { ms, done: decision.ids.filter((id) => stepsLeft.get(id) === 0) });
      continue;
    }
    log.push(`${decision.kind} ${decision.id}`);
    if (decision.kind === "close") continue;
    now += codingMs;
    const { steps, rowsPerStep: rows } = known.get(decision.id)!;
    if (decision.kind === "decode") {
      scheduler.decoded(decision.id, codingMs, now);
      continue;
    }
    stepsLeft.set(decision.id, steps);
    scheduler.opened(decision.id, { rows, step: 0, steps, ms: codingMs });
  }
  return log;
}

/** Everything submitted and released at once, and run to its end. */
export function run(stepMs: (rows: number) => number, jobs: readonly Job[], { codingMs = 10 } = {}): string[] {
  const scheduler = new Scheduler({ costs: bookOf(stepMs, codingMs) });
  for (const one of jobs) {
    expect(scheduler.submit(one, 0)).toEqual({ admitted: true });
    scheduler.release(one.id, 0);
  }
  return drive(scheduler, stepMs, 0, Number.POSITIVE_INFINITY, codingMs);
}
