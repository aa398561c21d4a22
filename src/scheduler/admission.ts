import type { Admission, Job } from "./job.ts";
import type { Roster } from "./roster.ts";

/**
 * Whether a job may come in: by milliseconds of work outstanding, in all and of its account. `end` runs forward with the
 * job in it; it is asked only where there is a deadline.
 */
export function admission(roster: Roster, job: Job, now: number, end: () => number): Admission {
  const retryAfterMs = roster.size === 0 ? 0 : excessMs(roster, job);
  if (retryAfterMs > 0) return { admitted: false, code: "QUEUE_FULL", retryAfterMs: Math.ceil(retryAfterMs) };
  if (job.deadlineMs === undefined) return { admitted: true };
  const earliest = end();
  if (earliest <= job.deadlineMs) return { admitted: true };
  return { admitted: false, code: "DEADLINE_UNREACHABLE", earliestMs: Math.ceil(earliest - now) };
}

/** How long the engine has to work until the job fits; 0 when it does now. */
function excessMs(roster: Roster, job: Job): number {
  const { backlogMsMax, accountShareMax } = roster.rules.limits;
  const bucket = { bucket: job.bucket, tokens: job.bucketTokens };
  const inAll = roster.backlog.ms({ ...bucket, rows: job.rowsPerStep, steps: job.steps }) - backlogMsMax;
  const account = roster.accounts.find(job.account);
  if (account === undefined || account.jobs === 0) return Math.max(0, inAll);
  const soloMs = roster.rules.costs.soloMs(bucket, job.steps, job.rowsPerStep);
  const ofAccount = account.backlogMs + soloMs - accountShareMax * backlogMsMax;
  return Math.max(0, inAll, ofAccount);
}
