import { type DeviceBucket, soloMsOf } from "./device.ts";
import type { Outcome, RunResult } from "./run.ts";

/** What a run comes to. Latencies are in solo edits: 1 is what the edit takes alone. */
export interface Measures {
  readonly ended: number;
  readonly refused: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Median time until the first step was done, in steps of one row. */
  readonly firstStepP50: number;
  /** Solo edits of work done in the time of one. */
  readonly throughput: number;
  /** Jain's index of the accounts' mean latencies: 1 is the same for all. */
  readonly fairness: number;
  /** Share of the edits with a deadline that were refused or ended after it. */
  readonly deadlineMisses: number;
  /** Rows that an edit needed, of those paid for. */
  readonly usefulRows: number;
}

export function measure(
  { outcomes, endedAt, paidRows, usefulRows }: RunResult,
  device: readonly DeviceBucket[],
): Measures {
  const buckets = new Map(device.map((at) => [at.bucket, at]));
  const bucketOf = ({ arrival }: Outcome) => buckets.get(arrival.job.bucket)!;
  const ended = outcomes.filter((outcome) => outcome.endedAt !== undefined);
  const soloMs = (outcome: Outcome) => soloMsOf(bucketOf(outcome), outcome.arrival.job.steps);
  const latency = (outcome: Outcome) => (outcome.endedAt! - outcome.arrival.at) / soloMs(outcome);
  const latencies = ended.map(latency).sort((a, b) => a - b);
  const firstSteps = ended
    .map((outcome) => (outcome.firstStepAt! - outcome.arrival.at) / bucketOf(outcome).stepMs)
    .sort((a, b) => a - b);
  const byAccount = new Map<string, number[]>();
  for (const outcome of ended) {
    const { account } = outcome.arrival.job;
    byAccount.set(account, [...(byAccount.get(account) ?? []), latency(outcome)]);
  }
  const bound = outcomes.filter(({ arrival }) => arrival.job.deadlineMs !== undefined);
  const late = bound.filter(({ arrival, endedAt: at, refused }) => refused || at! > arrival.job.deadlineMs!);
  return {
    ended: ended.length,
    refused: outcomes.filter(({ refused }) => refused).length,
    mean: meanOf(latencies),
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    p99: quantile(latencies, 0.99),
    firstStepP50: quantile(firstSteps, 0.5),
    throughput: ended.reduce((sum, outcome) => sum + soloMs(outcome), 0) / endedAt,
    fairness: jain([...byAccount.values()].map(meanOf)),
    deadlineMisses: bound.length === 0 ? 0 : late.length / bound.length,
    usefulRows: paidRows === 0 ? 1 : usefulRows / paidRows,
  };
}

/** Of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return sum ** 2 / (values.length * squares);
}
