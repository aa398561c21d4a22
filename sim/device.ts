import { type Bucket, CostBook } from "../src/scheduler/cost-book.ts";

/** One geometry on a simulated device. */
export interface DeviceBucket extends Bucket {
  /** Throughput of a step by its rows, against one row alone; straight between the points. */
  readonly speedups: readonly (readonly [rows: number, speedup: number])[];
  /** Milliseconds of a step of one row. */
  readonly stepMs: number;
  readonly openMs: number;
  readonly decodeMs: number;
}

/** An H200 at 512², as published (FLUX.1, 28 steps). */
const h200Speedups = [
  [1, 1],
  [2, 1.82],
  [3, 2.69],
  [4, 2.77],
  [8, 3.14],
  [16, 3.21],
] as const;

const linearSpeedups = [
  [1, 1],
  [16, 1],
] as const;

/** Steps are the unit of time here. What matters is how many of them encoding and decoding take: about half of one each. */
const stepMs = 100;
const codingSteps = 0.5;

export const flat512: DeviceBucket = bucket("512x512", 2560, h200Speedups, stepMs);
export const linear1024: DeviceBucket = bucket("1024x1024", 8704, linearSpeedups, 4 * stepMs);
export const flat256: DeviceBucket = bucket("256x256", 1024, h200Speedups, stepMs / 2);

function bucket(name: string, tokens: number, speedups: DeviceBucket["speedups"], ms: number): DeviceBucket {
  return { bucket: name, tokens, speedups, stepMs: ms, openMs: codingSteps * ms, decodeMs: codingSteps * ms };
}

/** Milliseconds of a step of `rows`. */
export function stepMsOf(at: DeviceBucket, rows: number): number {
  const { speedups } = at;
  const last = speedups.at(-1)!;
  if (rows >= last[0]) return (at.stepMs * rows) / last[1];
  const above = speedups.findIndex(([count]) => count >= rows);
  const [high, more] = speedups[above]!;
  if (high === rows) return (at.stepMs * rows) / more;
  const [low, less] = speedups[above - 1]!;
  const from = low / less;
  return at.stepMs * (from + ((rows - low) * (high / more - from)) / (high - low));
}

/** What an edit costs that has the device to itself. */
export function soloMsOf(at: DeviceBucket, steps: number): number {
  return at.openMs + steps * at.stepMs + at.decodeMs;
}

/** A cost book that was measured on the device. */
export function measuredBook(buckets: readonly DeviceBucket[]): CostBook {
  const costs = new CostBook({ model: "simulated", provider: "simulated", device: "simulated" });
  for (const at of buckets) {
    for (const [rows] of at.speedups) {
      for (let run = 0; run < 3; run += 1) costs.observe({ kind: "step", ...named(at), rows, ms: stepMsOf(at, rows) });
    }
    costs.observe({ kind: "open", ...named(at), ms: at.openMs });
    costs.observe({ kind: "decode", ...named(at), ms: at.decodeMs });
  }
  return costs;
}

/** The buckets of a cost book that was measured on a real engine; those without a curve are left out. */
export function deviceOf(costs: CostBook): DeviceBucket[] {
  return costs.toJSON().buckets.flatMap(({ bucket: name, tokens }) => {
    const at = { bucket: name, tokens };
    const ms = costs.stepMs(at, 1);
    const speedups = costs.curve(name).map((point) => [point.rows, (point.rows * ms) / point.ms] as const);
    if (speedups.length === 0) return [];
    return [{ ...at, speedups, stepMs: ms, openMs: costs.openMs(at), decodeMs: costs.decodeMs(at) }];
  });
}

function named({ bucket: name, tokens }: DeviceBucket): Bucket {
  return { bucket: name, tokens };
}
