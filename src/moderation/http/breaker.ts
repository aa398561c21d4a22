import type { Clock } from "../../core/clock.ts";
import { Failed } from "../../core/errors.ts";

/** Failures in a row after which a provider is left alone, and for how long. */
const failuresMax = 5;
const restMs = 30_000;

/**
 * Stops asking a provider that keeps failing: what would wait in vain is held at once. After a rest one call tries it. Only
 * what may pass by itself counts (no connection, no answer in time, 429, 5xx): an answer that one content gets, or a wrong
 * one, says that the provider is there, and nobody's content may have that of others held.
 */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #closedFrom = 0;
  #trying = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a call, or throws `Failed` without running it. A cancelled call says nothing of the provider. */
  async run<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const open = this.#failures >= failuresMax;
    if (open && (this.#trying || this.#clock.now() < this.#closedFrom)) {
      throw new Failed("INTERNAL", `not asked: it failed ${failuresMax} times in a row`, { retryable: true });
    }
    this.#trying = open;
    try {
      const result = await call();
      this.#failures = 0;
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      const down = error instanceof Failed && error.retryable;
      this.#failures = down ? this.#failures + 1 : 0;
      this.#closedFrom = this.#clock.now() + restMs;
      throw error;
    } finally {
      if (open) this.#trying = false;
    }
  }
}
