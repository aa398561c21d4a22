import { closing, EventQueue } from "./event-queue.ts";

/** Tells moderators who watch of cases as they are opened. Each hears of every case; what waits is ids alone. */
export class CaseFeed {
  readonly #watchers = new Set<EventQueue<string>>();

  publish(caseId: string): void {
    for (const queue of this.#watchers) queue.push(caseId);
  }

  /** Ids of cases from now on, until the iterator is left. */
  watch(): AsyncIterableIterator<string> {
    const queue: EventQueue<string> = new EventQueue(() => this.#watchers.delete(queue));
    this.#watchers.add(queue);
    return closing(queue[Symbol.asyncIterator](), queue);
  }
}
