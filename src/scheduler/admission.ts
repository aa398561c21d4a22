import type { Admission, Job } from "./job.ts";
import type { Roster } from "./roster.ts";

/**
 * Whether jobs that belong together may come in, all or none: by milliseconds of work outstanding, in all and of their
 * account. `end` runs forward with the jobs in it; it is asked only where there is a deadline.
 */
export function admission(roster: Roster, jobs: readonly Job[], now: number, end: () => number): Admission {
  const retryAfterMs = roster.size === 0 ? 0 : excessMs(roster, jobs);
  if (retryAfterMs > 0) return { admitted: false, code: "QUEUE_FULL", retryAfterMs: Math.ceil(retryAfterMs) };
  const deadlineMs = Math.min(...jobs.map((job) => job.deadlineMs ?? Number.POSITIVE_INFINITY));
  if (deadlineMs === Number.POSITIVE_INFINITY) return { admitted: true };
  const earliest = end();
  if (earliest <= deadlineMs) return { admitted: true };
  return { admitted: false, code: "DEADLINE_UNREACHABLE", earliestMs: Math.ceil(earliest - now) };
}

/** How long the engine has to work until the jobs fit; 0 when they do now. */
function excessMs(roster: Roster, jobs: readonly Job[]): number {
  const { backlogMsMax, accountShareMax } = roster.rules.limits;
  const inAll = roster.backlog.ms(jobs) - backlogMsMax;
  const account = roster.accounts.find(jobs[0]!.account);
  if (account === undefined || account.jobs === 0) return Math.max(0, inAll);
  const soloMs = jobs.reduce((sum, job) => sum + roster.soloMs(job), 0);
  const ofAccount = account.backlogMs + soloMs - accountShareMax * backlogMsMax;
  return Math.max(0, inAll, ofAccount);
}
