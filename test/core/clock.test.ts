import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dayMs, wallClock } from "../../src/core/clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the wall clock", () => {
  it("waits for longer than a timer can", () => {
    const callback = vi.fn();
    wallClock.after(60 * dayMs, callback);
    vi.advanceTimersByTime(60 * dayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("calls a wait off, a long one after its first timer too", () => {
    const callback = vi.fn();
    const callOffs = [1_000, 60 * dayMs].map((ms) => wallClock.after(ms, callback));
    callOffs[0]!();
    vi.advanceTimersByTime(30 * dayMs);
    callOffs[1]!();
    expect(vi.getTimerCount()).toBe(0);
    expect(callback).not.toHaveBeenCalled();
  });
});
