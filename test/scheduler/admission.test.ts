import { describe, expect, it } from "vitest";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { bookOf, drive, job, linear } from "./driver.ts";

/** An edit of four steps: 10 + 4 · 100 + 10. */
const soloMs = 420;

function fullOf(count: number, backlogMsMax: number, accounts = count): Scheduler {
  const scheduler = new Scheduler({ costs: bookOf(linear), limits: { backlogMsMax } });
  for (let i = 0; i < count; i += 1) {
    expect(scheduler.submit(job(`${i}`, { account: `a${i % accounts}` }), 0)).toEqual({ admitted: true });
    scheduler.release(`${i}`, 0);
  }
  return scheduler;
}

describe("admission", () => {
  it("is by milliseconds of work, and says truly when to come again", () => {
    const scheduler = fullOf(5, 5.5 * soloMs);
    const answer = scheduler.submit(job("late", { account: "other" }), 0);
    expect(answer).toEqual({ admitted: false, code: "QUEUE_FULL", retryAfterMs: soloMs / 2 });
    drive(scheduler, linear, 0, 4);
    expect(scheduler.submit(job("late", { account: "other" }), 310)).toEqual({ admitted: true });
  });

  it("lets the first in, however large", () => {
    const scheduler = fullOf(0, 1);
    expect(scheduler.submit(job("giant", { steps: 1000 }), 0)).toEqual({ admitted: true });
  });

  it("keeps room for others from an account that floods", () => {
    const scheduler = fullOf(2, 4 * soloMs, 1);
    expect(scheduler.submit(job("third", { account: "a0" }), 0)).toMatchObject({ code: "QUEUE_FULL" });
    expect(scheduler.submit(job("other", { account: "b" }), 0)).toEqual({ admitted: true });
  });

  it("says at once that a deadline cannot be met, and when it could", () => {
    const scheduler = fullOf(3, 1e6);
    const answer = scheduler.submit(job("x", { account: "x", steps: 8, deadlineMs: 500 }), 0);
    expect(answer).toMatchObject({ admitted: false, code: "DEADLINE_UNREACHABLE" });
    const earliest = "earliestMs" in answer ? answer.earliestMs : 0;
    expect(scheduler.submit(job("x", { account: "x", steps: 8, deadlineMs: earliest }), 0)).toEqual({ admitted: true });
  });

  it("keeps a deadline that it took on from those who come later", () => {
    const scheduler = fullOf(0, 1e6);
    scheduler.submit(job("due", { account: "x", steps: 8, deadlineMs: 1_400 }), 0);
    scheduler.release("due", 0);
    const log = drive(scheduler, linear, 0, 1);
    for (let i = 0; i < 8; i += 1) {
      scheduler.submit(job(`short ${i}`, { account: `b${i}`, steps: 3 }), 10);
      scheduler.release(`short ${i}`, 10);
    }
    log.push(...drive(scheduler, linear, 10));
    const before = log.slice(0, log.indexOf("decode due"));
    const ms = before.reduce((sum, line) => sum + (line.startsWith("step") ? 100 : 10), 0);
    expect(ms).toBeLessThanOrEqual(1_400);
    expect(before.some((line) => line.startsWith("decode short"))).toBe(true);
  });

  it("previews what it would answer and changes nothing", () => {
    const scheduler = fullOf(2, 1e6);
    const before = JSON.stringify(scheduler.snapshot(0));
    const { admitted, position, end } = scheduler.preview([job("x", { account: "x" })], 0);
    expect(admitted).toEqual({ admitted: true });
    expect(position).toBe(3);
    expect(end.likely).toBeCloseTo(3 * soloMs);
    expect(JSON.stringify(scheduler.snapshot(0))).toBe(before);
  });

  const together = (...ids: string[]) => ids.map((id) => job(id, { account: "x" }));

  it("takes in all of those that come together, or none, and previews the same with the last end", () => {
    const scheduler = fullOf(2, 4.5 * soloMs);
    const three = together("x", "y", "z");
    const { admitted, position, end } = scheduler.preview(three, 0);
    expect(position).toBe(5);
    expect(end.likely).toBeCloseTo(5 * soloMs);
    expect(admitted).toEqual({ admitted: false, code: "QUEUE_FULL", retryAfterMs: soloMs / 2 });
    expect(scheduler.submitTogether(three, 0)).toEqual(admitted);
    expect(scheduler.snapshot(0).edits).toBe(2);
    expect(scheduler.submitTogether(together("x", "y"), 0)).toEqual({ admitted: true });
  });

  it("does not count those that come together against each other where nothing else waits", () => {
    const alone = fullOf(0, soloMs);
    expect(alone.submitTogether(together("a", "b", "c", "d"), 0)).toEqual({ admitted: true });
    const beside = fullOf(1, 5 * soloMs);
    expect(beside.submitTogether(together("a", "b", "c", "d"), 0)).toEqual({ admitted: true });
    expect(beside.submitTogether(together("e"), 0)).toMatchObject({ code: "QUEUE_FULL" });
  });

  it("previews jobs behind more edits than can be run forward", () => {
    const scheduler = fullOf(200, 1e9);
    const { admitted, end } = scheduler.preview(
      ["x", "y"].map((id) => job(id, { account: "x" })),
      0,
    );
    expect(admitted).toEqual({ admitted: true });
    expect(end.likely).toBeCloseTo(202 * soloMs);
  });
});

describe("estimates", () => {
  it("are what happens when nothing else comes", () => {
    const scheduler = fullOf(4, 1e6);
    const told = ["0", "1", "2", "3"].map((id) => scheduler.estimate(id, 0)!);
    expect(told.map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    expect(told.map(({ end }) => Math.round(end.likely))).toEqual([1, 2, 3, 4].map((n) => n * soloMs));
    expect(told[3]!.start.likely).toBeCloseTo(3 * soloMs);
    expect(drive(scheduler, linear).filter((line) => line.startsWith("decode"))).toHaveLength(4);
    expect(scheduler.snapshot(0).calibration.told).toBe(4);
  });

  it("say of an edit that runs how long it still takes", () => {
    const scheduler = fullOf(1, 1e6);
    drive(scheduler, linear, 0, 3);
    const { position, end } = scheduler.estimate("0", 210)!;
    expect(position).toBe(0);
    expect(end.likely).toBeCloseTo(210);
  });

  it("follow the steps of an edit that is alone, however long they take", () => {
    const scheduler = fullOf(1, 1e6);
    expect(scheduler.estimate("0", 0)!.end.likely).toBeCloseTo(soloMs);
    drive(scheduler, () => 1_000, 0, 2);
    expect(scheduler.estimate("0", 1_010)!.end.likely).toBeCloseTo(310);
  });

  it("count the part of a running step that is over", () => {
    const scheduler = fullOf(1, 1e6);
    drive(scheduler, linear, 0, 3);
    scheduler.next(210);
    expect(scheduler.estimate("0", 270)!.end.likely).toBeCloseTo(150);
  });

  it("know nothing of a stranger", () => {
    expect(fullOf(0, 1).estimate("x", 0)).toBeUndefined();
  });
});
