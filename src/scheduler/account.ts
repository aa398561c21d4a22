import type { Job, Priority } from "./job.ts";

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
  /** Its edits that the scheduler knows. */
  jobs: number;
  /** Those that have a slot, or are getting one. */
  open: number;
  /** Estimated milliseconds of all its edits, as they were when submitted. */
  backlogMs: number;
}

/** The quantum is a mean edit, over so many. */
const meanOf = 32;

/** Keeps shares finite where everything is free. */
const quantumMsMin = 1e-6;

/** Rounds between two sweeps for accounts to forget. */
const forgetEvery = 64;

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  /** Round being served, of each class. A newcomer starts here, with a full quantum and no more. */
  readonly #rounds: Record<Priority, number> = { interactive: 0, normal: 0, batch: 0 };
  #quantumMs = 0;

  get quantumMs(): number {
    return this.#quantumMs;
  }

  /** Those with edits, and those that are still ahead of the round. */
  get size(): number {
    return this.#accounts.size;
  }

  find(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  /** The account of a job that comes in, with its newest weight and limit. */
  join(job: Job, soloMs: number): Account {
    this.#quantumMs = this.#quantumMs === 0 ? soloMs : this.#quantumMs + (soloMs - this.#quantumMs) / meanOf;
    let account = this.#accounts.get(job.account);
    if (account === undefined) {
      account = { id: job.account, weight: 1, concurrencyMax: 1, served: 0, jobs: 0, open: 0, backlogMs: 0 };
      this.#accounts.set(job.account, account);
    }
    account.weight = job.weight;
    account.concurrencyMax = job.concurrencyMax;
    account.served = Math.max(account.served, this.#rounds[job.priority]);
    account.jobs += 1;
    account.backlogMs += soloMs;
    return account;
  }

  leave(account: Account, soloMs: number): void {
    account.jobs -= 1;
    account.backlogMs -= soloMs;
    if (account.jobs === 0 && account.served <= this.#latestRound()) this.#accounts.delete(account.id);
  }

  /** Charges engine milliseconds; says whether the round changed. */
  charge(account: Account, ms: number): boolean {
    const before = Math.floor(account.served);
    account.served += ms / (account.weight * Math.max(this.#quantumMs, quantumMsMin));
    return Math.floor(account.served) !== before;
  }

  /** Tells the round of the edit that is served now. Accounts that left and are no longer ahead are forgotten. */
  serving(priority: Priority, round: number): void {
    if (round <= this.#rounds[priority]) return;
    this.#rounds[priority] = round;
    if (round % forgetEvery !== 0) return;
    const latest = this.#latestRound();
    for (const account of this.#accounts.values()) {
      if (account.jobs === 0 && account.served <= latest) this.#accounts.delete(account.id);
    }
  }

  /** For running forward: changes to it are not changes to this. */
  copy(): Accounts {
    const copy = new Accounts();
    Object.assign(copy.#rounds, this.#rounds);
    copy.#quantumMs = this.#quantumMs;
    for (const account of this.#accounts.values()) copy.#accounts.set(account.id, { ...account });
    return copy;
  }

  #latestRound(): number {
    return Math.max(...Object.values(this.#rounds));
  }
}
