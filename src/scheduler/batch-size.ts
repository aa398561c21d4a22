import type { Bucket, CostBook } from "./cost-book.ts";

/** Of the throughput that the rows at hand could have, at least so much is had: nobody's latency is worth a slower engine. */
const throughputShareMin = 0.95;

/**
 * Rows of the next step. `n` rows that are run in groups of B, one group after the other, finish after a mean of
 * T(B) · (n / B + 1) / 2 steps' time: the first factor is what sharing costs each of them, the second what it saves those
 * that wait. The B that makes it least shares nothing where T is linear, as much as it may where T is flat, and on a curve
 * with a knee stops at the knee. Only those B are considered that nearly have the best throughput.
 *
 * `available` rows can be had; `waiting` rows are to run, those still to come included.
 */
export function bestRows(costs: CostBook, bucket: Bucket, available: number, waiting: number): number {
  const rowMsMax = costs.rowMsLeast(bucket, available) / throughputShareMin;
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let rows = 1; rows <= available; rows += 1) {
    const stepMs = costs.stepMs(bucket, rows);
    const mean = stepMs * (Math.max(waiting, rows) / rows + 1);
    if (stepMs / rows > rowMsMax || mean >= least) continue;
    least = mean;
    best = rows;
  }
  return best;
}

/** The most rows, up to `available`, that make a step of `rows` no more than `stretch` times as long. */
export function withRiders(costs: CostBook, bucket: Bucket, rows: number, available: number, stretch: number): number {
  const msMax = costs.stepMs(bucket, rows) * stretch;
  let most = rows;
  while (most < available && costs.stepMs(bucket, most + 1) <= msMax) most += 1;
  return most;
}
