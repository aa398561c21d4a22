import { describe, expect, it } from "vitest";
import { limitsDefault } from "../../src/scheduler/job.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { bookOf, drive, flat, job, linear, run } from "./driver.ts";

describe("the scheduler", () => {
  it("runs one edit alone, and only after its release", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.submit(job("x", { steps: 2 }), 0);
    expect(drive(scheduler, linear)).toEqual([]);
    scheduler.release("x", 10);
    expect(drive(scheduler, linear, 10)).toEqual(["open x", "step x", "step x", "decode x"]);
  });

  it("shares nothing where T is linear, and runs the shortest first", () => {
    const log = run(linear, [job("long", { steps: 3 }), job("short", { steps: 1 })]);
    expect(log.map((line) => line.split(" ")[1])).toEqual([
      "short",
      "short",
      "short",
      "long",
      "long",
      "long",
      "long",
      "long",
    ]);
  });

  it("shares where T is flat, and does not keep those that run waiting for openings", () => {
    const log = run(flat, [job("a"), job("b")], { codingMs: 90 });
    expect(log.slice(0, 5)).toEqual(["open a", "step a", "open b", "step a+b", "step a+b"]);
    expect(log.slice(-3)).toEqual(["decode a", "step b", "decode b"]);
  });

  it("shares no step between buckets", () => {
    const log = run(flat, [job("a"), job("b", { bucket: "other" })]);
    expect(log.filter((line) => line.includes("+"))).toEqual([]);
  });

  it("lets a higher class pass between two steps, and the one overtaken goes on where it was", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.restore(job("low", { priority: "batch", steps: 4 }), 0);
    scheduler.release("low", 0);
    const first = drive(scheduler, linear, 0, 3);
    scheduler.restore(job("high", { steps: 20 }), 300);
    scheduler.release("high", 300);
    const rest = drive(scheduler, linear, 300);
    expect(first).toEqual(["open low", "step low", "step low"]);
    expect(rest[0]).toBe("open high");
    expect(rest.slice(-3)).toEqual(["step low", "step low", "decode low"]);
    expect(rest.indexOf("decode high")).toBe(rest.length - 4);
  });

  it("shows life early in interactive edits, and in no others", () => {
    const jobs = (priority: "interactive" | "normal") => ["a", "b", "c"].map((id) => job(id, { steps: 20, priority }));
    const early = run(linear, jobs("interactive")).filter((line) => line.startsWith("step"));
    expect(early.slice(0, 4)).toEqual(["step a", "step b", "step c", "step a"]);
    const plain = run(linear, jobs("normal")).filter((line) => line.startsWith("step"));
    expect(plain.indexOf("step b")).toBe(20);
  });

  it("opens no more edits of an account than it may have", () => {
    const log = run(
      flat,
      ["a", "b", "c"].map((id) => job(id, { concurrencyMax: 2 })),
    );
    expect(log.indexOf("open c")).toBeGreaterThan(log.indexOf("decode a"));
  });

  it("takes turns between accounts by weight, in milliseconds", () => {
    const jobs = (account: string, weight: number) =>
      Array.from({ length: 12 }, (_, i) => job(`${account}${i}`, { account, weight, concurrencyMax: 1 }));
    const decoded = run(linear, [...jobs("light", 1), ...jobs("heavy", 2)]).filter((line) => line.startsWith("decode"));
    const heavy = decoded.slice(0, 15).filter((line) => line.includes("heavy")).length;
    expect(heavy).toBeGreaterThanOrEqual(9);
    expect(heavy).toBeLessThanOrEqual(11);
  });

  it("gives up the slot of a paused edit for a class above when memory is full", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear), limits: { openBytesMax: 2 ** 20 } });
    scheduler.restore(job("low", { priority: "batch" }), 0);
    scheduler.release("low", 0);
    drive(scheduler, linear, 0, 2);
    scheduler.restore(job("high"), 300);
    scheduler.release("high", 300);
    const log = drive(scheduler, linear, 300);
    expect(log.slice(0, 2)).toEqual(["close low", "open high"]);
    expect(log.filter((line) => line === "step low")).toHaveLength(4);
  });

  it("passes over the result of a step for an edit cancelled in it", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.restore(job("x", { steps: 1 }), 0);
    scheduler.release("x", 0);
    drive(scheduler, linear, 0, 1);
    expect(scheduler.next(0)).toEqual({ kind: "step", ids: ["x"] });
    scheduler.cancel("x");
    scheduler.stepped(["x"], { ms: 100, done: ["x"] });
    expect(scheduler.next(100)).toEqual({ kind: "idle" });
    expect(scheduler.snapshot(100).edits).toBe(0);
  });

  it("awaits no report of an opening whose edit was cancelled", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.restore(job("x"), 0);
    scheduler.release("x", 0);
    expect(scheduler.next(0)).toEqual({ kind: "open", id: "x" });
    scheduler.cancel("x");
    expect(scheduler.next(1)).toEqual({ kind: "idle" });
  });

  it("opens anew what died with the engine", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.restore(job("x", { steps: 3 }), 0);
    scheduler.release("x", 0);
    drive(scheduler, linear, 0, 3);
    expect(scheduler.next(300)).toEqual({ kind: "step", ids: ["x"] });
    scheduler.lost("all");
    expect(drive(scheduler, linear, 350)).toEqual(["open x", "step x", "step x", "step x", "decode x"]);
  });

  it("goes on after a step that failed, with the edits in it and the others", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    for (const id of ["x", "y"]) scheduler.restore(job(id, { steps: 2 }), 0);
    for (const id of ["x", "y"]) scheduler.release(id, 0);
    drive(scheduler, linear, 0, 2);
    expect(scheduler.next(110)).toEqual({ kind: "step", ids: ["x"] });
    scheduler.lost(["x"]);
    const log = drive(scheduler, linear, 150);
    expect(log.filter((line) => line.endsWith("x"))).toEqual(["open x", "step x", "step x", "decode x"]);
    expect(log.at(-1)).toBe("decode y");
  });

  it("lets an isolated edit share no step, at the costs of its bucket and under its name", () => {
    const costs = bookOf(flat);
    const scheduler = new Scheduler({ costs });
    for (const id of ["a", "b", "c"]) scheduler.restore(job(id), 0);
    for (const id of ["a", "b", "c"]) scheduler.release(id, 0);
    drive(scheduler, flat, 0, 4);
    scheduler.lost(["a", "b", "c"]);
    scheduler.isolate("b");
    expect(scheduler.snapshot(600).buckets).toMatchObject([{ bucket: "512x512", depth: 3, oldestMs: 600 }]);
    const steps = drive(scheduler, flat, 600).filter((line) => line.startsWith("step"));
    expect(steps.filter((line) => /\bb\b/.test(line))).toEqual(Array(4).fill("step b"));
    expect(steps).toContain("step a+c");
    expect(costs.toJSON().buckets.map(({ bucket }) => bucket)).toEqual(["512x512"]);
  });

  it("lets an isolated edit keep its age: overdue, it goes before all that came later", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear), goal: { overdueMs: 1_000 } });
    scheduler.restore(job("old", { steps: 8 }), 0);
    scheduler.release("old", 0);
    drive(scheduler, linear, 0, 2);
    scheduler.lost(["old"]);
    scheduler.isolate("old");
    scheduler.restore(job("short", { account: "b", steps: 1 }), 900);
    scheduler.release("short", 900);
    const decoded = drive(scheduler, linear, 1_100).filter((line) => line.startsWith("decode"));
    expect(decoded).toEqual(["decode old", "decode short"]);
  });

  it("lets an isolated edit that has a slot go on by itself", () => {
    const scheduler = new Scheduler({ costs: bookOf(flat) });
    for (const id of ["a", "b"]) scheduler.restore(job(id), 0);
    for (const id of ["a", "b"]) scheduler.release(id, 0);
    drive(scheduler, flat, 0, 4);
    scheduler.isolate("a");
    const log = drive(scheduler, flat, 400);
    expect(log.filter((line) => line.includes("+"))).toEqual([]);
    expect(log.filter((line) => line.startsWith("decode"))).toHaveLength(2);
  });

  it("is told when its driver asks twice without a report", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    scheduler.restore(job("x"), 0);
    scheduler.release("x", 0);
    scheduler.next(0);
    expect(() => scheduler.next(1)).toThrow("not been reported");
  });

  it("tells of its buckets", () => {
    const scheduler = new Scheduler({ costs: bookOf(linear) });
    for (const id of ["a", "b"]) scheduler.restore(job(id), 0);
    for (const id of ["a", "b"]) scheduler.release(id, 0);
    drive(scheduler, linear, 0, 1);
    scheduler.next(10);
    const { buckets, backlogMs, backlogMsMax } = scheduler.snapshot(500);
    expect(buckets).toMatchObject([{ bucket: "512x512", depth: 1, oldestMs: 500, open: 1, runningRows: 1 }]);
    expect(buckets[0]!.curve[0]).toEqual({ rows: 1, ms: 100 });
    expect(buckets[0]!.oldestWaitingMs).toBe(500);
    expect(backlogMs).toBeCloseTo(2 * 4 * 100 + 10 + 2 * 10);
    expect(backlogMsMax).toBe(limitsDefault.backlogMsMax);
  });
});
