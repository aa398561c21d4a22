/** Solo edits over which arrivals are averaged: long enough to see more than a burst, short enough to follow the hour. */
const meanOfSolos = 32;

/** The engine is taken to keep up at least so far, else all weight would be on edits that have not come yet. */
const loadMax = 0.9;

/** Work coming in, as a running mean: milliseconds of solo edits per millisecond. */
export class Load {
  #work = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** An edit came in. `meanMs` is what a mean one costs. */
  came(soloMs: number, meanMs: number, now: number): void {
    this.#work = this.#rate(meanMs, now) + soloMs / (meanOfSolos * meanMs);
    this.#at = now;
  }

  /**
   * How many edits a second lost now makes later, for each that waits now: those that come before the queue is empty wait
   * behind it too. `speedup` is the best throughput against running alone.
   */
  followers(speedup: number, meanMs: number, now: number): number {
    return 1 / (1 - Math.min(loadMax, this.#rate(meanMs, now) / speedup));
  }

  copy(): Load {
    const copy = new Load();
    copy.#work = this.#work;
    copy.#at = this.#at;
    return copy;
  }

  #rate(meanMs: number, now: number): number {
    return this.#work === 0 ? 0 : this.#work * Math.exp((this.#at - now) / (meanOfSolos * meanMs));
  }
}
