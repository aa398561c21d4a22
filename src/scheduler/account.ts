import { type Job, type Priority, priorities } from "./job.ts";

/**
 * Deficit round robin, told by virtual time: an account's `served` grows by the engine milliseconds it was charged,
 * divided by its weight and by the quantum. The whole part is its round. Accounts of the earliest round go first, and
 * within a round the order is free to follow shortest remaining first, so fairness costs no more than it must.
 */
export interface Account {
  readonly id: string;
  weight: number;
  concurrencyMax: number;
  /** Quanta received; never behind the round being served when the account comes back. */
  served: number;
  /** Its edits that the scheduler knows, in all and by class. */
  jobs: number;
  readonly jobsOf: Record<Priority, number>;
  /** Those that have a slot, or are getting one. */
  open: number;
  /** Estimated milliseconds of all its edits, as they were when submitted. */
  backlogMs: number;
}

/** A mean edit is the mean of about so many. */
const meanOf = 32;

/**
 * Mean edits that an account may run before others' turn: two begin in it, never a third, so a newcomer waits for no more
 * than two of another's. Less would give up more of shortest first (in simulation a mean latency 15 % longer at 1.0).
 */
const quantumEdits = 1.5;

/** Keeps shares finite where everything is free. */
const quantumMsMin = 1e-6;

/** Rounds between two sweeps for accounts to forget. */
const forgetEvery = 64;

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  /**
   * Virtual time of each class: what an account would have received by now that always had its fair share. A newcomer
   * starts in the round that it is in, with a full quantum and no more.
   */
  readonly #time: Record<Priority, number> = { interactive: 0, normal: 0, batch: 0 };
  /** Weights of the accounts with edits of a class, together. */
  readonly #weights: Record<Priority, number> = { interactive: 0, normal: 0, batch: 0 };
  #meanMs = 0;

  /** What a mean edit costs alone. */
  get meanMs(): number {
    return this.#meanMs;
  }

  find(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  /** The account of a job that comes in, with its newest weight and limit. */
  join(job: Job, soloMs: number): Account {
    this.#meanMs = this.#meanMs === 0 ? soloMs : this.#meanMs + (soloMs - this.#meanMs) / meanOf;
    let account = this.#accounts.get(job.account);
    if (account === undefined) {
      const jobsOf = { interactive: 0, normal: 0, batch: 0 };
      account = {
        id: job.account,
        weight: job.weight,
        concurrencyMax: 1,
        served: 0,
        jobs: 0,
        jobsOf,
        open: 0,
        backlogMs: 0,
      };
      this.#accounts.set(job.account, account);
    }
    for (const priority of priorities) {
      if (account.jobsOf[priority] > 0) this.#weights[priority] += job.weight - account.weight;
    }
    account.weight = job.weight;
    account.concurrencyMax = job.concurrencyMax;
    account.served = Math.max(account.served, Math.floor(this.#time[job.priority]));
    if (account.jobsOf[job.priority] === 0) this.#weights[job.priority] += job.weight;
    account.jobsOf[job.priority] += 1;
    account.jobs += 1;
    account.backlogMs += soloMs;
    return account;
  }

  leave(account: Account, { priority }: Job, soloMs: number): void {
    account.jobs -= 1;
    account.jobsOf[priority] -= 1;
    account.backlogMs -= soloMs;
    if (account.jobsOf[priority] === 0) this.#weights[priority] -= account.weight;
    if (account.jobs === 0 && account.served <= this.#latest()) this.#accounts.delete(account.id);
  }

  /** Charges engine milliseconds; says whether the account's round changed. */
  charge(account: Account, { priority }: Job, ms: number): boolean {
    const quanta = ms / Math.max(quantumEdits * this.#meanMs, quantumMsMin);
    this.#pass(priority, this.#time[priority] + quanta / Math.max(this.#weights[priority], account.weight));
    const before = Math.floor(account.served);
    account.served += quanta / account.weight;
    return Math.floor(account.served) !== before;
  }

  /** Tells the round of the edit that is served now: nobody is behind it. */
  serving(priority: Priority, round: number): void {
    this.#pass(priority, Math.max(round, this.#time[priority]));
  }

  /** Nothing is left to do: what was used of an idle engine took nothing from anyone. */
  forgive(): void {
    for (const account of this.#accounts.values()) {
      if (account.jobs === 0) this.#accounts.delete(account.id);
      else account.served = this.#latest();
    }
  }

  /** For running forward: changes to it are not changes to this. */
  copy(): Accounts {
    const copy = new Accounts();
    Object.assign(copy.#time, this.#time);
    Object.assign(copy.#weights, this.#weights);
    copy.#meanMs = this.#meanMs;
    for (const account of this.#accounts.values()) {
      copy.#accounts.set(account.id, { ...account, jobsOf: { ...account.jobsOf } });
    }
    return copy;
  }

  /** Now and then those are forgotten that left and are no longer ahead. */
  #pass(priority: Priority, time: number): void {
    const sweep = Math.floor(time / forgetEvery) > Math.floor(this.#time[priority] / forgetEvery);
    this.#time[priority] = time;
    if (!sweep) return;
    for (const account of this.#accounts.values()) {
      if (account.jobs === 0 && account.served <= this.#latest()) this.#accounts.delete(account.id);
    }
  }

  #latest(): number {
    return Math.max(...Object.values(this.#time));
  }
}
