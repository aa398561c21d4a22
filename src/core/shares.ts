export interface ShareLimits {
  /** Pieces of work under way at once, or what they weigh together. */
  readonly max: number;
  /** Those of one account among them. */
  readonly accountMax: number;
}

interface Waiting {
  readonly accountId: string;
  readonly weight: number;
  begin(): void;
}

/** Bounds what is under way at once, in all and of one account, so that no account takes everything. */
export class Shares {
  readonly #limits: ShareLimits;
  readonly #running = new Map<string, number>();
  #waiting: Waiting[] = [];
  #total = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  /** What keeps an account's next piece of work from beginning at once. */
  full(accountId: string, weight = 1): "account" | "all" | undefined {
    if ((this.#running.get(accountId) ?? 0) + weight > this.#limits.accountMax) return "account";
    return this.#total + weight > this.#limits.max ? "all" : undefined;
  }

  /** Pieces of work of an account that wait. */
  waiting(accountId: string): number {
    return this.#waiting.filter((one) => one.accountId === accountId).length;
  }

  /**
   * Does a piece of work, at once or after those that came before it. A weight must be one that an account may have under
   * way at all.
   */
  async run<T>(accountId: string, work: () => Promise<T>, weight = 1): Promise<T> {
    if (this.full(accountId, weight) === undefined) this.#count(accountId, weight);
    else await new Promise<void>((begin) => this.#waiting.push({ accountId, weight, begin }));
    try {
      return await work();
    } finally {
      this.#count(accountId, -weight);
      this.#beginNext();
    }
  }

  /** Does a piece of work at once, or throws what `refusal` makes of the reason why it cannot begin. */
  async runNow<T>(
    accountId: string,
    work: () => Promise<T>,
    refusal: (full: "account" | "all") => Error,
    weight = 1,
  ): Promise<T> {
    const full = this.full(accountId, weight);
    if (full !== undefined) throw refusal(full);
    return this.run(accountId, work, weight);
  }

  /** Where a heavy one has ended, several light ones may begin. */
  #beginNext(): void {
    const next = this.#waiting.find(({ accountId, weight }) => this.full(accountId, weight) === undefined);
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#count(next.accountId, next.weight);
    next.begin();
    this.#beginNext();
  }

  #count(accountId: string, change: number): void {
    this.#total += change;
    const running = (this.#running.get(accountId) ?? 0) + change;
    if (running > 0) this.#running.set(accountId, running);
    else this.#running.delete(accountId);
  }
}
