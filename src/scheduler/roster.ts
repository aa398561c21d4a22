import { Accounts } from "./account.ts";
import { Backlog } from "./backlog.ts";
import type { Bucket, CostBook } from "./cost-book.ts";
import { byAge, type Entry, emptyPerPriority, rankOf } from "./entry.ts";
import { Heap } from "./heap.ts";
import { type Goal, type Job, type Limits, type Priority, priorities } from "./job.ts";
import { Load } from "./load.ts";
import { Waiting } from "./waiting.ts";

/** Everything that makes up an order. */
export interface Rules {
  readonly costs: CostBook;
  readonly limits: Limits;
  readonly goal: Goal;
}

/** How much of its remaining work an edit with a deadline may still wait before it becomes urgent. */
const slackShare = 1;

type Changes = Partial<Pick<Entry, "state" | "group" | "releasedAt" | "rows" | "tokens" | "stepsLeft" | "stepsDone">>;

/** Every edit that the scheduler knows, and the indexes that find the next one without looking at all of them. */
export class Roster {
  readonly rules: Rules;
  readonly accounts: Accounts;
  readonly waiting = new Waiting();
  readonly backlog: Backlog;
  readonly #load: Load;
  /** Those with a slot; at most `openMax`. */
  readonly open: Entry[] = [];
  /** Rows of released edits that still have steps to run. */
  readonly runnableRows = emptyPerPriority(() => 0);
  readonly #entries = new Map<string, Entry>();
  readonly #ages = new Heap<Entry>(byAge);
  readonly #latestStarts = emptyPerPriority(
    () =>
      new Heap<Entry>((a, b) => (latestStart(a) !== latestStart(b) ? latestStart(a) < latestStart(b) : a.seq < b.seq)),
  );
  #openBytes = 0;
  #seq = 0;

  constructor(rules: Rules, accounts = new Accounts(), load = new Load()) {
    this.rules = rules;
    this.#load = load;
    this.accounts = accounts;
    this.backlog = new Backlog(rules.costs, rules.limits.rowsMax);
  }

  get size(): number {
    return this.#entries.size;
  }

  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  find(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Milliseconds that a job is estimated to need if it has the engine to itself. */
  soloMs({ bucket, bucketTokens, steps, rowsPerStep }: Job): number {
    return this.rules.costs.soloMs({ bucket, tokens: bucketTokens }, steps, rowsPerStep);
  }

  add(job: Job, now: number): Entry {
    const soloMs = this.soloMs(job);
    const account = this.accounts.join(job, soloMs);
    this.#load.came(soloMs, this.accounts.meanMs, now);
    this.#seq += 1;
    const entry: Entry = {
      job,
      account,
      seq: this.#seq,
      submittedAt: now,
      state: "held",
      group: job.bucket,
      releasedAt: now,
      rows: job.rowsPerStep,
      tokens: job.bucketTokens,
      stepsLeft: job.steps,
      stepsDone: 0,
      round: 0,
      early: false,
      key: 0,
      soloMs,
    };
    this.#entries.set(job.id, entry);
    this.#index(entry);
    return entry;
  }

  /** Every move of an edit: the indexes never hold one whose keys changed under them. */
  move(entry: Entry, changes: Changes): void {
    this.#unindex(entry);
    Object.assign(entry, changes);
    this.#index(entry);
  }

  /** It ages from now on, and may run. */
  release(entry: Entry, now: number): void {
    entry.early = this.#mayBeEarly(entry);
    this.move(entry, { state: "waiting", releasedAt: now });
  }

  /** A step was run that was not the last. */
  progressed(entry: Entry, steps: number): void {
    this.backlog.remove(entry);
    if (entry.stepsDone <= 1) entry.round = Math.floor(entry.account.served);
    entry.stepsLeft = Math.max(1, entry.stepsLeft - steps);
    entry.stepsDone += steps;
    this.backlog.add(entry);
  }

  leave(entry: Entry): void {
    this.#unindex(entry);
    this.#entries.delete(entry.job.id);
    this.accounts.leave(entry.account, entry.job, entry.soloMs);
  }

  charge({ account, job }: Entry, ms: number): void {
    if (this.accounts.charge(account, job, ms)) this.waiting.moved(account);
  }

  /** The released edit with steps to run that has waited longest. */
  oldest(): Entry | undefined {
    return this.#ages.peek();
  }

  /** The waiting edit of a class whose deadline presses most and can still be kept. */
  urgent(priority: Priority, now: number): Entry | undefined {
    const heap = this.#latestStarts[priority];
    for (let entry = heap.peek(); entry !== undefined && latestStart(entry) <= now; entry = heap.peek()) {
      if (this.#slackMs(entry, now) >= 0) return entry;
      heap.remove(entry);
    }
    return undefined;
  }

  /** Whether its deadline presses. One that cannot be kept any more does not: others' still can. */
  isUrgent(entry: Entry, now: number): boolean {
    if (entry.job.deadlineMs === undefined) return false;
    const slackMs = this.#slackMs(entry, now);
    return slackMs >= 0 && slackMs <= slackShare * this.remainingMs(entry);
  }

  isOverdue(entry: Entry, now: number): boolean {
    return now - entry.releasedAt > this.rules.goal.overdueMs;
  }

  /** Milliseconds that the edit needs if it has the engine to itself from here on. */
  remainingMs(entry: Entry): number {
    const { costs } = this.rules;
    const bucket = { bucket: entry.job.bucket, tokens: entry.tokens };
    if (entry.state === "held" || entry.state === "waiting") return costs.soloMs(bucket, entry.stepsLeft, entry.rows);
    return entry.stepsLeft * costs.stepMs(bucket, entry.rows) + costs.decodeMs(bucket);
  }

  /** Place in shortest remaining first with ageing; smaller goes first. It does not change while an edit waits. */
  key(entry: Entry): number {
    const { costs, goal } = this.rules;
    const first = entry.early && entry.stepsDone === 0;
    const bucket = { bucket: entry.job.bucket, tokens: entry.tokens };
    const openMs = entry.state === "waiting" ? costs.openMs(bucket) : 0;
    const workMs = first ? openMs + costs.stepMs(bucket, entry.rows) : this.remainingMs(entry);
    return workMs + goal.ageing * entry.releasedAt;
  }

  /** Rows that edits of this class and those above it could put into steps. */
  runnableRowsFrom(priority: Priority): number {
    let rows = 0;
    for (const other of priorities) if (rankOf(other) <= rankOf(priority)) rows += this.runnableRows[other];
    return rows;
  }

  /** How many edits, with those still to come, a delay now makes later for each that waits. */
  followers(bucket: Bucket, now: number): number {
    const { costs, limits } = this.rules;
    const speedup = costs.stepMs(bucket, 1) / costs.rowMsLeast(bucket, limits.rowsMax);
    return this.#load.followers(speedup, this.accounts.meanMs, now);
  }

  /** The same edits in the same state; what happens to the copy does not happen to this. */
  copy(): Roster {
    const copy = new Roster(this.rules, this.accounts.copy(), this.#load.copy());
    copy.#seq = this.#seq;
    for (const entry of this.#entries.values()) {
      const twin = { ...entry, account: copy.accounts.find(entry.account.id)! };
      copy.#entries.set(entry.job.id, twin);
      twin.account.open -= hasSlot(entry) ? 1 : 0;
      copy.#index(twin, entry.key);
    }
    return copy;
  }

  /** No more than half of the slots are for edits that then pause. */
  #mayBeEarly({ job }: Entry): boolean {
    const { goal, limits } = this.rules;
    const few = this.runnableRows.interactive <= limits.openMax / 2;
    return job.priority === "interactive" && job.steps >= goal.earlyStepsMin && few;
  }

  #slackMs(entry: Entry, now: number): number {
    return entry.job.deadlineMs! - now - this.remainingMs(entry);
  }

  #index(entry: Entry, key?: number): void {
    this.backlog.add(entry);
    const { state, job } = entry;
    if (state === "waiting" || state === "opening" || state === "open") {
      this.#ages.push(entry);
      this.runnableRows[job.priority] += entry.rows;
    }
    if (state === "waiting") {
      entry.key = key ?? this.key(entry);
      this.waiting.add(entry);
      if (job.deadlineMs !== undefined) this.#latestStarts[job.priority].push(entry);
    }
    if (!hasSlot(entry)) return;
    this.open.push(entry);
    this.#openBytes += job.latentBytes;
    entry.account.open += 1;
    this.waiting.moved(entry.account);
  }

  #unindex(entry: Entry): void {
    this.backlog.remove(entry);
    const { state, job } = entry;
    if (state === "waiting" || state === "opening" || state === "open") {
      this.#ages.remove(entry);
      this.runnableRows[job.priority] -= entry.rows;
    }
    if (state === "waiting") {
      this.waiting.remove(entry);
      this.#latestStarts[job.priority].remove(entry);
    }
    if (!hasSlot(entry)) return;
    this.open.splice(this.open.indexOf(entry), 1);
    this.#openBytes -= job.latentBytes;
    entry.account.open -= 1;
    this.waiting.moved(entry.account);
  }
}

/** From when on a waiting edit with a deadline presses. Fixed while it waits. */
function latestStart({ job, soloMs }: Entry): number {
  return job.deadlineMs! - (1 + slackShare) * soloMs;
}

function hasSlot({ state }: Entry): boolean {
  return state === "opening" || state === "open" || state === "finished" || state === "decoding";
}
