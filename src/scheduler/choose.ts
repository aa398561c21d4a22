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
 * What to do next. The edit that ranks first says which bucket steps; others of its bucket join it as far as T(B) makes
 * that worth while. Openings and decodings go before the step that they serve, but between two steps of running edits there
 * is one of them, or several that together take no longer than a step.
 */
export function choose(roster: Roster, gap: Gap, now: number): Choice {
  const stepping = roster.open.some(({ state }) => state === "open");
  const fits = (ms: number) => !stepping || gap.codings === 0 || gap.ms + ms <= gap.stepMs;
  const { costs } = roster.rules;
  const finished = roster.open.find(({ state }) => state === "finished");
  if (finished !== undefined && fits(costs.decodeMs(bucketOf(finished)))) {
    return { decision: { kind: "decode", id: finished.job.id } };
  }
  const open = roster.open.filter(({ state }) => state === "open").map((entry) => rank(roster, entry, now));
  open.sort((a, b) => (ranksBefore(a, b) ? -1 : 1));
  const lead = firstOf(roster, open, now);
  if (lead === undefined) return { decision: { kind: "idle" } };
  const turn = lead.overdue || lead.urgent ? {} : { turn: lead };
  const { newcomer, stepped } = compose(roster, lead, open, now);
  if (newcomer !== undefined && fits(costs.openMs(bucketOf(newcomer.entry)))) {
    const decision = openOrMakeRoom(roster, newcomer, newcomer === lead ? open : []);
    if (decision !== undefined) return { decision, ...turn };
  }
  if (stepped.length > 0) return { decision: { kind: "step", ids: stepped }, ...turn };
  if (open[0] === undefined) return { decision: { kind: "idle" } };
  return { decision: { kind: "step", ids: compose(roster, open[0], open, now).stepped } };
}

/** The edit whose turn it is. `open` are those with a slot, in order. */
function firstOf(roster: Roster, open: readonly Rank[], now: number): Rank | undefined {
  let first = open[0];
  const consider = (entry: Entry | undefined) => {
    if (entry === undefined || !mayOpen(entry)) return;
    const candidate = rank(roster, entry, now);
    if (first === undefined || ranksBefore(candidate, first)) first = candidate;
  };
  const oldest = roster.oldest();
  if (oldest?.state === "waiting" && roster.isOverdue(oldest, now)) {
    // Its own account's open edits stand in its way: theirs is its turn.
    const blocker = mayOpen(oldest) ? undefined : open.find(({ entry }) => entry.account === oldest.account);
    if (blocker !== undefined) return { ...blocker, overdue: true };
    consider(oldest);
  }
  for (const priority of priorities) {
    consider(roster.urgent(priority, now));
    consider(roster.waiting.peek(priority));
  }
  return first;
}

function mayOpen({ account }: Entry): boolean {
  return account.open < account.concurrencyMax;
}

/**
 * Who steps with the lead, and who of its bucket should be opened to join. Every account's first edit comes before anyone's
 * second: many rows of one account must not leave another none.
 */
function compose(roster: Roster, lead: Rank, open: readonly Rank[], now: number) {
  const { bucket } = lead.entry.job;
  const peers = open.filter(({ entry }) => entry.job.bucket === bucket);
  const rowsMax = rowsFor(roster, lead, peers, now);
  const present = new Set<Account>();
  const ordered = peers.map((peer) => {
    const further = present.has(peer.entry.account);
    present.add(peer.entry.account);
    return { peer, further };
  });
  ordered.sort((a, b) => (sharesBefore(a, b) ? -1 : 1));
  const ids: string[] = [];
  let rows = 0;
  let last: Sharer | undefined;
  const take = (sharer: Sharer) => {
    if (rows + sharer.peer.entry.rows > rowsMax) return;
    rows += sharer.peer.entry.rows;
    ids.push(sharer.peer.entry.job.id);
    last = sharer;
  };
  const leads = lead.entry.state === "open";
  if (leads) take({ peer: lead, further: false });
  for (const sharer of ordered) if (sharer.peer.entry !== lead.entry) take(sharer);
  if (!leads) return { newcomer: lead, stepped: ids };
  const peer = firstWaiting(roster, bucket, now);
  if (peer === undefined) return { newcomer: undefined, stepped: ids };
  const fits = rows + peer.entry.rows <= rowsMax;
  const sharer = { peer, further: present.has(peer.entry.account) };
  const outranks = last !== undefined && last.peer.entry !== lead.entry && sharesBefore(sharer, last);
  return { newcomer: fits || outranks ? peer : undefined, stepped: ids };
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

/** The edit of the bucket that would be opened first. */
function firstWaiting(roster: Roster, bucket: string, now: number): Rank | undefined {
  let first: Rank | undefined;
  for (const priority of priorities) {
    const entry = roster.waiting.lane(bucket, priority)?.peek();
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
  const available = (priority: Priority) => {
    let rows = 0;
    for (const { entry } of peers) if (rankOf(entry.job.priority) <= rankOf(priority)) rows += entry.rows;
    for (const other of priorities) {
      if (rankOf(other) <= rankOf(priority)) rows += roster.waiting.lane(bucket.bucket, other)?.rows ?? 0;
    }
    return Math.min(limits.rowsMax, rows);
  };
  const { priority } = lead.entry.job;
  const stepMs = (rows: number) => costs.stepMs(bucket, rows);
  const own = available(priority);
  const best = bestRows(stepMs, own, roster.runnableRowsFrom(priority) * roster.followers(bucket, now));
  const rows = best < own ? best : withRiders(stepMs, best, available("batch"), goal.riderStretch);
  return Math.max(rows, lead.entry.rows);
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
