import type { Account } from "./account.ts";
import { type Entry, emptyPerPriority } from "./entry.ts";
import { Heap } from "./heap.ts";
import type { Priority } from "./job.ts";

/** The waiting edits of one account in one lane. */
interface Line {
  readonly account: Account;
  readonly lane: Lane;
  readonly entries: Heap<Entry>;
  rows: number;
  /** The account's as they were when the line was last placed. */
  served: number;
}

/** The waiting edits of one group and class: those that may share a step, all of one rank. */
export class Lane {
  readonly group: string;
  readonly priority: Priority;
  /** Lines whose account may open another edit. */
  readonly lines = new Heap<Line>(lineBefore);
  /** Rows that these lines' edits would add. */
  rows = 0;
  /** Accounts with edits here, those at their limit included. */
  accounts = 0;

  constructor(group: string, priority: Priority) {
    this.group = group;
    this.priority = priority;
  }

  /** The edit that goes first. */
  peek(): Entry | undefined {
    return this.lines.peek()?.entries.peek();
  }
}

/**
 * Edits that wait for a slot. Per group and class a heap of accounts, per account a heap of edits: the first of a lane is
 * at hand, and a change of one edit or account costs O(log n).
 */
export class Waiting {
  readonly #lanes = emptyPerPriority(() => new Set<Lane>());
  readonly #lanesOf = new Map<string, Partial<Record<Priority, Lane>>>();
  readonly #lines = new Map<Account, Map<Lane, Line>>();

  /** The edit of a class that goes first among those whose account may open another. */
  peek(priority: Priority): Entry | undefined {
    let first: Line | undefined;
    for (const { lines } of this.#lanes[priority]) {
      const line = lines.peek();
      if (line !== undefined && (first === undefined || lineBefore(line, first))) first = line;
    }
    return first?.entries.peek();
  }

  lane(group: string, priority: Priority): Lane | undefined {
    return this.#lanesOf.get(group)?.[priority];
  }

  add(entry: Entry): void {
    const line = this.#lineOf(entry);
    line.entries.push(entry);
    line.rows += entry.rows;
    if (line.lane.lines.has(line)) line.lane.rows += entry.rows;
    this.#place(line);
  }

  remove(entry: Entry): void {
    const lane = this.lane(entry.group, entry.job.priority)!;
    const lines = this.#lines.get(entry.account)!;
    const line = lines.get(lane)!;
    line.entries.remove(entry);
    line.rows -= entry.rows;
    if (lane.lines.has(line)) lane.rows -= entry.rows;
    if (line.entries.size > 0) {
      this.#place(line);
      return;
    }
    lane.lines.remove(line);
    lines.delete(lane);
    if (lines.size === 0) this.#lines.delete(entry.account);
    lane.accounts -= 1;
    if (lane.accounts === 0) this.#close(lane);
  }

  /** Call after the account's round, or how many it has open, changed. */
  moved(account: Account): void {
    for (const line of this.#lines.get(account)?.values() ?? []) this.#place(line);
  }

  #place(line: Line): void {
    const { lane, account } = line;
    line.served = account.served;
    const placed = lane.lines.has(line);
    if (account.open >= account.concurrencyMax) {
      if (!placed) return;
      lane.lines.remove(line);
      lane.rows -= line.rows;
    } else if (placed) {
      lane.lines.moved(line);
    } else {
      lane.lines.push(line);
      lane.rows += line.rows;
    }
  }

  #lineOf({ job, group, account }: Entry): Line {
    const lane = this.lane(group, job.priority) ?? this.#openLane(group, job.priority);
    let lines = this.#lines.get(account);
    if (lines === undefined) {
      lines = new Map();
      this.#lines.set(account, lines);
    }
    let line = lines.get(lane);
    if (line === undefined) {
      line = { account, lane, entries: new Heap(entryBefore), rows: 0, served: account.served };
      lines.set(lane, line);
      lane.accounts += 1;
    }
    return line;
  }

  #openLane(group: string, priority: Priority): Lane {
    const lane = new Lane(group, priority);
    this.#lanes[priority].add(lane);
    this.#lanesOf.set(group, { ...this.#lanesOf.get(group), [priority]: lane });
    return lane;
  }

  #close(lane: Lane): void {
    this.#lanes[lane.priority].delete(lane);
    const { [lane.priority]: _closed, ...others } = this.#lanesOf.get(lane.group)!;
    if (Object.keys(others).length === 0) this.#lanesOf.delete(lane.group);
    else this.#lanesOf.set(lane.group, others);
  }
}

function entryBefore(a: Entry, b: Entry): boolean {
  return a.key !== b.key ? a.key < b.key : a.seq < b.seq;
}

function lineBefore(a: Line, b: Line): boolean {
  const rounds = Math.floor(a.served) - Math.floor(b.served);
  if (rounds !== 0) return rounds < 0;
  const first = a.entries.peek()!;
  const second = b.entries.peek()!;
  if (first.key !== second.key) return first.key < second.key;
  return a.served !== b.served ? a.served < b.served : first.seq < second.seq;
}
