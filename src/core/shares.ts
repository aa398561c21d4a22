export interface ShareLimits {
  /** Pieces of work under way at once. */
  readonly max: number;
  /** Those of one account among them. */
  readonly accountMax: number;
}

interface Waiting {
  readonly accountId: string;
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
  full(accountId: string): "account" | "all" | undefined {
    if ((this.#running.get(accountId) ?? 0) >= this.#limits.accountMax) return "account";
    return this.#total >= this.#limits.max ? "all" : undefined;
  }

  /** Pieces of work of an account that wait. */
  waiting(accountId: string): number {
    return this.#waiting.filter((one) => one.accountId === accountId).length;
  }

  /** Does a piece of work, at once or after those that came before it. Whoever should not wait asks `full` first. */
  async run<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    if (this.full(accountId) === undefined) this.#count(accountId, 1);
    else await new Promise<void>((begin) => this.#waiting.push({ accountId, begin }));
    try {
      return await work();
    } finally {
      this.#count(accountId, -1);
      this.#beginNext();
    }
  }

  /** One at most can begin where one has ended. */
  #beginNext(): void {
    const next = this.#waiting.find(({ accountId }) => this.full(accountId) === undefined);
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#count(next.accountId, 1);
    next.begin();
  }

  #count(accountId: string, change: 1 | -1): void {
    this.#total += change;
    const running = (this.#running.get(accountId) ?? 0) + change;
    if (running > 0) this.#running.set(accountId, running);
    else this.#running.delete(accountId);
  }
}
