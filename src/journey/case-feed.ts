/** Tells moderators who watch of cases as they are opened. Each hears of every case; what waits is ids alone. */
export class CaseFeed {
  readonly #watchers = new Set<(caseId: string) => void>();

  publish(caseId: string): void {
    for (const tell of this.#watchers) tell(caseId);
  }

  /** Ids of cases from now on, until the iterator is left. */
  watch(): AsyncIterableIterator<string> {
    const waiting: string[] = [];
    let wake = () => {};
    let closed = false;
    const tell = (caseId: string) => {
      waiting.push(caseId);
      wake();
    };
    this.#watchers.add(tell);
    const close = () => {
      closed = true;
      this.#watchers.delete(tell);
      wake();
    };
    const done = { done: true, value: undefined } as const;
    const iterator: AsyncIterableIterator<string> = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => {
        while (!closed) {
          const value = waiting.shift();
          if (value !== undefined) return { done: false, value };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return done;
      },
      return: async () => {
        close();
        return done;
      },
    };
    return iterator;
  }
}
