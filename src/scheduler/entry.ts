import type { Account } from "./account.ts";
import { type Job, type Priority, priorities } from "./job.ts";

/**
 * held → waiting → opening → open → finished → decoding. A lost or evicted edit goes back to waiting; a cancelled one is
 * forgotten from wherever it is.
 */
export type EntryState = "held" | "waiting" | "opening" | "open" | "finished" | "decoding";

/** A job and where it stands. */
export interface Entry {
  readonly job: Job;
  readonly account: Account;
  /** Order of submission: the last tie-break, so that every order is total. */
  readonly seq: number;
  readonly submittedAt: number;
  state: EntryState;
  /** Edits of one group may share a step: its bucket, or its own id, which no bucket has, when it must be alone. */
  group: string;
  /** When its moderation had passed; it ages from here on. */
  releasedAt: number;
  /** As the job says until the engine has opened it. */
  rows: number;
  tokens: number;
  stepsLeft: number;
  stepsDone: number;
  /** Its account's round when its second step was run: a begun edit keeps its turn, within a quantum. */
  round: number;
  /** Whether its first step is run early. */
  early: boolean;
  /** Place in shortest remaining first with ageing while it waits; smaller goes first. */
  key: number;
  /** What it was estimated to cost alone, when it was submitted. */
  readonly soloMs: number;
}

const ranks: Record<Priority, number> = { interactive: 0, normal: 1, batch: 2 };

export function rankOf(priority: Priority): number {
  return ranks[priority];
}

export function emptyPerPriority<T>(make: () => T): Record<Priority, T> {
  return Object.fromEntries(priorities.map((priority) => [priority, make()])) as Record<Priority, T>;
}

export function byAge(a: Entry, b: Entry): boolean {
  return a.releasedAt !== b.releasedAt ? a.releasedAt < b.releasedAt : a.seq < b.seq;
}
