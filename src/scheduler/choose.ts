import type { Account } from "./account.ts";
import { bestRows, withRiders } from "./batch-size.ts";
import { type Entry, rankOf } from "./entry.ts";
import { type Decision, type Priority, priorities } from "./job.ts";
import { type Rank, rank, ranksBefore } from "./rank.ts";
import type { Roster } from "./roster.ts";

/** Openings and decodings since the last step. */
export interface Gap {
  readonly codings: number;
  readonly ms: number;
  /** Milliseconds of the step before. */
  readonly stepMs: number;
}

export interface Choice {
  readonly decision: Decision;
  /** The edit that the order chose, where rounds were what chose it. */
  readonly turn?: Rank;
}

/**
 * What to do next. The edit that ranks first says which group steps; others of its group join it as far as T(B) makes
 * that worth while. Openings and decodings go before the step that they serve, but between two steps of running edits there
 * is one of them, or several that together take no longer than a step.
 */
export function choose(roster: Roster, gap: Gap, now: number): Choice {
  const stepping = roster.open.some(({ state }) => state === "open");
  const { costs } = roster.rules;
  const finished = roster.open.find(({ state }) => state === "finished");
  if (finished !== undefined && (!stepping || fits(gap, costs.decodeMs(bucketOf(finished))))) {
    return { decision: { kind: "decode", id: finished.job.id } };
  }
  const open = roster.open.filter(({ state }) => state === "open").map((entry) => rank(roster, entry, now));
  open.sort((a, b) => (ranksBefore(a, b) ? -1 : 1));
  const lead = firstOf(roster, open, now);
  if (lead === undefined) return { decision: { kind: "idle" } };
  const turn = lead.overdue || lead.urgent ? {} : { turn: lead };
  const { newcomer, stepped } = compose(roster, lead, open, now);
  if (newcomer !== undefined && (!stepping || fits(gap, costs.openMs(bucketOf(newcomer.entry))))) {
    const decision = openOrMakeRoom(roster, newcomer, newcomer === lead ? open : []);
    if (decision !== undefined) return { decision, ...turn };
  }
  if (stepped.length > 0) return { decision: { kind: "step", ids: stepped }, ...turn };
  if (open[0] === undefined) return { decision: { kind: "idle" } };
  return { decision: { kind: "step", ids: compose(roster, open[0], open, now).stepped } };
}

/** Whether a coding may go before the next step of running edits. */
function fits({ codings, ms, stepMs }: Gap, codingMs: number): boolean {
  return codings === 0 || ms + codingMs <= stepMs;
}

/** The edit whose turn it is. `open` are those with a slot, in order. */
function firstOf(roster: Roster, open: readonly Rank[], now: number): Rank | undefined {
  let first = open[0];
  const oldest = roster.oldest();
  if (oldest?.state === "waiting" && roster.isOverdue(oldest, now)) {
    // Its own account's open edits stand in its way: theirs is its turn.
    const blocker = mayOpen(oldest) ? undefined : open.find(({ entry }) => entry.account === oldest.account);
    if (blocker !== undefined) return { ...blocker, overdue: true };
    first = firstOfTwo(roster, first, oldest, now);
  }
  for (const priority of priorities) {
    first = firstOfTwo(roster, first, roster.urgent(priority, now), now);
    first = firstOfTwo(roster, first, roster.waiting.peek(priority), now);
  }
  return first;
}

function firstOfTwo(roster: Roster, first: Rank | undefined, entry: Entry | undefined, now: number): Rank | undefined {
  if (entry === undefined || !mayOpen(entry)) return first;
  const candidate = rank(roster, entry, now);
  return first === undefined || ranksBefore(candidate, first) ? candidate : first;
}

function mayOpen({ account }: Entry): boolean {
  return account.open < account.concurrencyMax;
}

/**
 * Who steps with the lead, and who of its group should be opened to join. Every account's first edit comes before anyone's
 * second: many rows of one account must not leave another none.
 */
function compose(roster: Roster, lead: Rank, open: readonly Rank[], now: number) {
  const { group } = lead.entry;
  const peers = open.filter(({ entry }) => entry.group === group);
  const rowsMax = rowsFor(roster, lead, peers, now);
  const present = new Set<Account>();
  const ordered = peers.map((peer) => {
    const further = present.has(peer.entry.account);
    present.add(peer.entry.account);
    return { peer, further };
  });
  ordered.sort((a, b) => (sharesBefore(a, b) ? -1 : 1));
  const leads = lead.entry.state === "open";
  const candidates = leads
    ? [{ peer: lead, further: false }, ...ordered.filter(({ peer }) => peer.entry !== lead.entry)]
    : ordered;
  const ids: string[] = [];
  let rows = 0;
  let last: Sharer | undefined;
  for (const sharer of candidates) {
    const { entry } = sharer.peer;
    if (rows + entry.rows > rowsMax) continue;
    rows += entry.rows;
    ids.push(entry.job.id);
    last = sharer;
  }
  if (!leads) return { newcomer: lead, stepped: ids };
  const peer = firstWaiting(roster, group, now);
  if (peer === undefined) return { newcomer: undefined, stepped: ids };
  const room = rows + peer.entry.rows <= rowsMax;
  const sharer = { peer, further: present.has(peer.entry.account) };
  const outranks = last !== undefined && last.peer.entry !== lead.entry && sharesBefore(sharer, last);
  return { newcomer: room || outranks ? peer : undefined, stepped: ids };
}

interface Sharer {
  readonly peer: Rank;
  /** Whether its account has another in the step that ranks before it. */
  readonly further: boolean;
}

function sharesBefore(a: Sharer, b: Sharer): boolean {
  const { peer: one, further } = a;
  const { peer: other } = b;
  const alike = !one.overdue && !other.overdue && one.entry.job.priority === other.entry.job.priority;
  return alike && further !== b.further ? b.further : ranksBefore(one, other);
}

/** The edit of the group that would be opened first. */
function firstWaiting(roster: Roster, group: string, now: number): Rank | undefined {
  let first: Rank | undefined;
  for (const priority of priorities) {
    const entry = roster.waiting.lane(group, priority)?.peek();
    if (entry === undefined) continue;
    const candidate = rank(roster, entry, now);
    if (first === undefined || ranksBefore(candidate, first)) first = candidate;
  }
  return first;
}

/** Rows that the step of this lead should have, by T(B) of its bucket and by how many wait. */
function rowsFor(roster: Roster, lead: Rank, peers: readonly Rank[], now: number): number {
  const { costs, limits, goal } = roster.rules;
  const bucket = bucketOf(lead.entry);
  const { job, group } = lead.entry;
  const { priority } = job;
  const own = Math.min(limits.rowsMax, rowsOf(roster, group, priority, peers));
  const best = bestRows(costs, bucket, own, roster.runnableRowsFrom(priority) * roster.followers(bucket, now));
  if (best < own) return Math.max(best, lead.entry.rows);
  const all = Math.min(limits.rowsMax, rowsOf(roster, group, "batch", peers));
  return Math.max(withRiders(costs, bucket, best, all, goal.riderStretch), lead.entry.rows);
}

/** Rows of a group that could step now, of this class and those above. */
function rowsOf(roster: Roster, group: string, priority: Priority, peers: readonly Rank[]): number {
  let rows = 0;
  for (const { entry } of peers) if (rankOf(entry.job.priority) <= rankOf(priority)) rows += entry.rows;
  for (const other of priorities) {
    if (rankOf(other) <= rankOf(priority)) rows += roster.waiting.lane(group, other)?.rows ?? 0;
  }
  return rows;
}

/** Opens the newcomer, or closes one of `victims` that ranks after it; undefined when it has to wait for room. */
function openOrMakeRoom(roster: Roster, newcomer: Rank, victims: readonly Rank[]): Decision | undefined {
  const { openMax, openBytesMax } = roster.rules.limits;
  const { job } = newcomer.entry;
  const room = roster.open.length < openMax && roster.openBytes + job.latentBytes <= openBytesMax;
  if (room || roster.open.length === 0) return { kind: "open", id: job.id };
  // Steps already run would be lost, so only a class above or an overdue edit may take them.
  const victim = victims.findLast(
    (paused) =>
      ranksBefore(newcomer, paused) &&
      (paused.entry.stepsDone === 0 || newcomer.overdue || rankOf(job.priority) < rankOf(paused.entry.job.priority)),
  );
  return victim === undefined ? undefined : { kind: "close", id: victim.entry.job.id };
}

function bucketOf({ job, tokens }: Entry) {
  return { bucket: job.bucket, tokens };
}
