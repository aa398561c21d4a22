import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { CostBook, type CostKey } from "../../src/scheduler/cost-book.ts";
import { nextMeasurement } from "../../src/scheduler/measuring.ts";

const key: CostKey = { model: "m", provider: "cpu", device: "d" };
const small = { bucket: "small", tokens: 1000 };
const large = { bucket: "large", tokens: 4000 };

function bookOf(bucket: typeof small, stepMs: Record<number, number>): CostBook {
  const costs = new CostBook(key);
  for (const [rows, ms] of Object.entries(stepMs)) {
    for (let run = 0; run < 9; run += 1) costs.observe({ kind: "step", ...bucket, rows: Number(rows), ms });
  }
  return costs;
}

describe("a cost book", () => {
  it("is straight between what it measured, and beyond it promises nothing", () => {
    const costs = bookOf(small, { 1: 100, 4: 160 });
    expect(costs.stepMs(small, 2)).toBeCloseTo(120);
    expect(costs.stepMs(small, 8)).toBeCloseTo(320);
  });

  it("scales a bucket it never saw by tokens", () => {
    const costs = bookOf(small, { 1: 100, 4: 160 });
    expect(costs.stepMs(large, 1)).toBeCloseTo(160);
    expect(costs.stepMs(large, 2)).toBeCloseTo(320);
  });

  it("learns no false point from four hiccups, and a lasting change from five runs", () => {
    const costs = bookOf(small, { 1: 100 });
    for (let run = 0; run < 4; run += 1) costs.observe({ kind: "step", ...small, rows: 1, ms: 900 });
    expect(costs.stepMs(small, 1)).toBe(100);
    costs.observe({ kind: "step", ...small, rows: 1, ms: 900 });
    expect(costs.stepMs(small, 1)).toBe(900);
  });

  it("lets what it believed of a point outvote the first two runs of it", () => {
    const costs = bookOf(small, { 1: 100, 4: 160 });
    for (let run = 0; run < 2; run += 1) costs.observe({ kind: "step", ...small, rows: 2, ms: 150 });
    expect(costs.stepMs(small, 2)).toBeCloseTo(120);
    costs.observe({ kind: "step", ...small, rows: 2, ms: 150 });
    expect(costs.stepMs(small, 2)).toBe(150);
  });

  it("never says that more rows are cheaper than fewer, whatever it saw", () => {
    const steps = fc.array(
      fc.record({ rows: fc.integer({ min: 1, max: 16 }), ms: fc.double({ min: 1, max: 1e4, noNaN: true }) }),
    );
    fc.assert(
      fc.property(steps, (seen) => {
        const costs = new CostBook(key);
        for (const step of seen) costs.observe({ kind: "step", ...small, ...step });
        for (let rows = 1; rows < 20; rows += 1) {
          expect(costs.stepMs(small, rows + 1)).toBeGreaterThanOrEqual(costs.stepMs(small, rows) * (1 - 1e-9));
        }
      }),
    );
  });

  it("passes over durations that cannot be", () => {
    const costs = bookOf(small, { 1: 100 });
    for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) costs.observe({ kind: "step", ...large, rows: 1, ms });
    expect(costs.curve("large")).toEqual([]);
  });

  it("comes back from JSON as it was, and empty for another device", () => {
    const costs = bookOf(small, { 1: 100, 4: 160 });
    costs.observe({ kind: "open", ...small, ms: 7 });
    const json: unknown = JSON.parse(JSON.stringify(costs));
    const again = CostBook.fromJSON(json, key);
    expect(again.curve("small")).toEqual(costs.curve("small"));
    expect(again.openMs(small)).toBe(7);
    expect(CostBook.fromJSON(json, { ...key, device: "other" }).curve("small")).toEqual([]);
  });

  it("forgets what it measured where another provider is what runs now, and nothing otherwise", () => {
    const costs = bookOf(small, { 1: 100 });
    costs.moveTo(key.provider);
    expect(costs.stepMs(small, 1)).toBe(100);
    costs.moveTo("another");
    expect(costs.toJSON()).toMatchObject({ ...key, provider: "another", buckets: [] });
  });

  it("refuses JSON that is no cost book", () => {
    for (const json of [
      null,
      [],
      { version: 2 },
      { ...JSON.parse(JSON.stringify(new CostBook(key))), buckets: [{}] },
    ]) {
      expect(() => CostBook.fromJSON(json, key)).toThrow(Refused);
    }
  });
});

describe("measuring at start-up", () => {
  /** Measures as told on a device of this curve; the points in order. */
  function measureAll(stepMs: (tokens: number, rows: number) => number, budgetMs: number): string[] {
    const costs = new CostBook(key);
    const done: string[] = [];
    let spentMs = 0;
    for (;;) {
      const next = nextMeasurement(costs, { buckets: [small, large], rowsMax: 16, budgetMs, spentMs });
      if (next === undefined) return done;
      for (let run = 0; run < next.repeats; run += 1) {
        const ms = stepMs(next.tokens, next.rows);
        costs.observe({ kind: "step", bucket: next.bucket, tokens: next.tokens, rows: next.rows, ms });
        spentMs += ms;
      }
      done.push(`${next.bucket} ${next.rows}`);
    }
  }

  it("goes from coarse to fine where sharing gains", () => {
    const points = measureAll((tokens, rows) => tokens * (1 + rows / 10), 1e9);
    expect(points.slice(0, 4)).toEqual(["small 1", "large 1", "small 2", "large 2"]);
    expect(points).toContain("large 16");
    expect(points.indexOf("small 16")).toBeLessThan(points.indexOf("small 3"));
  });

  it("tries no more rows where two and four gain nothing", () => {
    expect(measureAll((tokens, rows) => tokens * rows, 1e9)).toEqual([
      "small 1",
      "large 1",
      "small 2",
      "large 2",
      "small 4",
      "large 4",
    ]);
  });

  it("keeps its budget", () => {
    expect(measureAll((tokens, rows) => tokens * rows, 5_000)).toEqual(["small 1", "small 2"]);
    expect(measureAll((tokens, rows) => tokens * rows, 0)).toEqual([]);
  });
});
