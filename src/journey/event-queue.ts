/** What one watcher has yet to take. */
export class EventQueue<Event> implements AsyncIterable<Event>, Disposable {
  readonly #onClose: () => void;
  readonly #isOutdated: (waiting: Event, next: Event) => boolean;
  readonly #events: Event[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** @param isOutdated whether one that still waits need not be told any more when the next comes; of each, one is */
  constructor(onClose: () => void, isOutdated: (waiting: Event, next: Event) => boolean = () => false) {
    this.#onClose = onClose;
    this.#isOutdated = isOutdated;
  }

  push(event: Event): void {
    const outdated = this.#events.findIndex((waiting) => this.#isOutdated(waiting, event));
    if (outdated >= 0) this.#events.splice(outdated, 1);
    this.#events.push(event);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    while (!this.#closed) {
      const next = this.#events.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.#onClose();
  }
}

/**
 * The events as an iterator whose `return` does not wait for the next event, as a generator's own would: a client that
 * leaves is forgotten at once.
 */
export function closing<Event>(events: AsyncGenerator<Event>, queue: EventQueue<Event>): AsyncIterableIterator<Event> {
  const iterator: AsyncIterableIterator<Event> = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => {
      const result = await events.next().catch((error: unknown) => {
        queue[Symbol.dispose]();
        throw error;
      });
      if (result.done) queue[Symbol.dispose]();
      return result;
    },
    return: async () => {
      queue[Symbol.dispose]();
      return events.return(undefined);
    },
  };
  return iterator;
}
