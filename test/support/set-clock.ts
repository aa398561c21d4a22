import type { Clock } from "../../src/core/clock.ts";

/** A clock that stands until it is moved; waits end when it passes them. */
export class SetClock implements Clock {
  #now: number;
  #waits: { at: number; callback: () => void }[] = [];

  /** `start` in milliseconds since 1970. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now);
  }

  after(ms: number, callback: () => void): () => void {
    const wait = { at: this.#now + ms, callback };
    this.#waits.push(wait);
    return () => {
      this.#waits = this.#waits.filter((other) => other !== wait);
    };
  }

  /** Waits that have not ended. */
  get waiting(): number {
    return this.#waits.length;
  }

  /** Moves on, ending the waits that are passed in their order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waits.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#waits = this.#waits.filter((other) => other !== next);
      next.callback();
    }
    this.#now = end;
  }
}
