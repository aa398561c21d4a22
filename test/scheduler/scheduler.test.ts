import { describe, expect, it } from "vitest";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import type { Job } from "../../src/scheduler/job.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

const bucket = { bucket: "512x512", tokens: 2560 };

/** A book in which a step of `rows` takes `stepMs(rows)`, and openings and decodings 10 ms. */
function book(stepMs: (rows: number) => number): CostBook {
  const costs = new CostBook({ model: "m", provider: "cpu", device: "d" });
  for (const rows of [1, 2, 3, 4, 8, 16]) {
    for (let i = 0; i < 3; i += 1) costs.observe({ kind: "step", ...bucket, rows, ms: stepMs(rows) });
  }
  costs.observe({ kind: "open", ...bucket, ms: 10 });
  costs.observe({ kind: "decode", ...bucket, ms: 10 });
  return costs;
}

const linear = (rows: number) => 100 * rows;
const flat = (rows: number) => 100 + rows;

function job(id: string, changes: Partial<Job> = {}): Job {
  return {
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
}

/** Drives the scheduler until it is idle and tells what was done. */
function drive(scheduler: Scheduler, stepMs: (rows: number) => number, jobs: Map<string, Job>, from = 0): string[] {
  const log: string[] = [];
  const left = new Map<string, number>();
  let now = from;
  for (;;) {
    const decision = scheduler.next(now);
    if (decision.kind === "idle") return log;
    if (decision.kind === "step") {
      log.push(`step ${decision.ids.join("+")}`);
      now += stepMs(decision.ids.length);
      for (const id of decision.ids) left.set(id, left.get(id)! - 1);
      const done = decision.ids.filter((id) => left.get(id) === 0);
      scheduler.stepped(decision.ids, { ms: stepMs(decision.ids.length), done }, now);
      continue;
    }
    log.push(`${decision.kind} ${decision.id}`);
    now += 10;
    const { steps, rowsPerStep: rows } = jobs.get(decision.id)!;
    if (decision.kind === "open") {
      left.set(decision.id, steps);
      scheduler.opened(decision.id, { rows, step: 0, steps, ms: 10 }, now);
    }
    if (decision.kind === "decode") scheduler.decoded(decision.id, 10, now);
  }
}

function run(stepMs: (rows: number) => number, all: readonly Job[]): string[] {
  const scheduler = new Scheduler({ costs: book(stepMs) });
  for (const one of all) {
    expect(scheduler.submit(one, 0)).toEqual({ admitted: true });
    scheduler.release(one.id, 0);
  }
  return drive(scheduler, stepMs, new Map(all.map((one) => [one.id, one])));
}

describe("the scheduler", () => {
  it("runs one edit alone", () => {
    expect(run(linear, [job("x", { steps: 2 })])).toEqual(["open x", "step x", "step x", "decode x"]);
  });

  it("shares nothing where T is linear, and runs the shortest first", () => {
    const log = run(linear, [job("long", { steps: 3 }), job("short", { steps: 1 })]);
    expect(log).toEqual([
      "open short",
      "step short",
      "decode short",
      "open long",
      "step long",
      "step long",
      "step long",
      "decode long",
    ]);
  });

  it("shares where T is flat, one opening between two steps at most where openings are dear", () => {
    const log = run(flat, [job("a"), job("b")]);
    expect(log.slice(0, 5)).toEqual(["open a", "step a", "open b", "step a+b", "step a+b"]);
  });
});
