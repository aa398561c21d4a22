import type { Bucket, CostBook } from "./cost-book.ts";

/** What to measure next: a step of so many rows, so many times. */
export interface Measurement extends Bucket {
  readonly rows: number;
  readonly repeats: number;
}

export interface MeasuringBudget {
  /** Most wanted first. */
  readonly buckets: readonly Bucket[];
  /** Rows that a step may have at most. */
  readonly rowsMax: number;
  /** Milliseconds that measuring may take in all, and what it has taken so far, openings included. */
  readonly budgetMs: number;
  readonly spentMs: number;
}

/** Coarse to fine: doublings, which show whether sharing gains anything at all, then the knees between them. */
const doublings = [1, 2, 4, 8, 16, 32];
const between = [3, 6, 12, 24];

/** Throughput that more rows must bring to be worth the next measurement; 1024² on an H200 gains 2 % and never pays. */
const gainMin = 1.05;

/** The lower median of three passes over a slow first run. */
const repeatsWanted = 3;

/**
 * The next point worth measuring; undefined when there is none, or none that the budget allows. Every bucket gets its first
 * point before any gets its second. Where two and four rows gain nothing, more are not tried.
 */
export function nextMeasurement(costs: CostBook, budget: MeasuringBudget): Measurement | undefined {
  for (const rows of [...doublings, ...between]) {
    if (rows > budget.rowsMax) continue;
    for (const bucket of budget.buckets) {
      if (costs.measured(bucket.bucket, rows) || !worthTrying(costs, bucket, rows)) continue;
      const affordable = Math.floor((budget.budgetMs - budget.spentMs) / costs.stepMs(bucket, rows));
      if (affordable < 1) continue;
      return { ...bucket, rows, repeats: Math.min(repeatsWanted, affordable) };
    }
  }
  return undefined;
}

function worthTrying(costs: CostBook, bucket: Bucket, rows: number): boolean {
  if (rows <= 2) return true;
  if (between.includes(rows)) {
    const below = (2 * rows) / 3;
    return costs.measured(bucket.bucket, 2 * below) && gains(costs, bucket, below, 2 * below);
  }
  if (rows === 4) return costs.measured(bucket.bucket, 2);
  return costs.measured(bucket.bucket, rows / 2) && gains(costs, bucket, rows / 4, rows / 2);
}

function gains(costs: CostBook, bucket: Bucket, fewer: number, more: number): boolean {
  return costs.stepMs(bucket, fewer) / fewer >= (gainMin * costs.stepMs(bucket, more)) / more;
}
