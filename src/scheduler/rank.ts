import { byAge, type Entry, rankOf } from "./entry.ts";
import type { Roster } from "./roster.ts";

/**
 * The order of all edits, most weighty first: overdue, class, urgent, its account's round, shortest remaining with ageing,
 * what its account has received, submission.
 */
export interface Rank {
  readonly entry: Entry;
  readonly overdue: boolean;
  readonly urgent: boolean;
  readonly round: number;
  readonly key: number;
}

export function rank(roster: Roster, entry: Entry, now: number): Rank {
  const waiting = entry.state === "waiting";
  return {
    entry,
    overdue: roster.isOverdue(entry, now),
    urgent: roster.isUrgent(entry, now),
    round: waiting ? Math.floor(entry.account.served) : begunRound(entry),
    key: waiting ? entry.key : roster.key(entry),
  };
}

/** Whether `a` goes first. */
export function ranksBefore(a: Rank, b: Rank): boolean {
  if (a.overdue !== b.overdue) return a.overdue;
  if (a.overdue) return byAge(a.entry, b.entry);
  const classes = rankOf(a.entry.job.priority) - rankOf(b.entry.job.priority);
  if (classes !== 0) return classes < 0;
  if (a.urgent !== b.urgent) return a.urgent;
  if (a.round !== b.round) return a.round < b.round;
  if (a.key !== b.key) return a.key < b.key;
  if (a.entry.account.served !== b.entry.account.served) return a.entry.account.served < b.entry.account.served;
  return a.entry.seq < b.entry.seq;
}

/**
 * A begun edit keeps the turn in which it ran its second step (the first may have been an early one), else accounts that
 * took turns in mid-edit would all finish late. What goes beyond one quantum more counts, so that a giant edit is no way
 * around the order.
 */
function begunRound({ round, stepsDone, account }: Entry): number {
  const current = Math.floor(account.served);
  return stepsDone <= 1 ? current : Math.max(round, current - 1);
}
