import { endsStream, type ProgressEvent } from "../core/progress.ts";
import { closing, EventQueue } from "./event-queue.ts";

/** What the feed reads from the store: all events of an edit in order, without steps. */
export type ReadEvents = (editId: string) => Promise<readonly ProgressEvent[]>;

type ProgressQueue = EventQueue<ProgressEvent>;

export interface AccountEvent {
  readonly accountId: string;
  readonly event: ProgressEvent;
}

/**
 * Takes every event of every edit to those who watch. A watcher who is slow gets the latest step of a picture instead of
 * all, and every other event.
 */
export class ProgressFeed {
  readonly #read: ReadEvents;
  readonly #byEdit = new Map<string, Set<ProgressQueue>>();
  readonly #byAccount = new Map<string, Set<ProgressQueue>>();
  /** Watchers of an edit that asked for previews. */
  readonly #previews = new Map<string, number>();

  constructor(read: ReadEvents) {
    this.#read = read;
  }

  publish({ accountId, event }: AccountEvent): void {
    for (const queue of this.#byEdit.get(event.editId) ?? []) queue.push(event);
    for (const queue of this.#byAccount.get(accountId) ?? []) queue.push(event);
  }

  /** Whether somebody watches an edit and wants to see it. */
  wantsPreview(editId: string): boolean {
    return (this.#previews.get(editId) ?? 0) > 0;
  }

  /** Events of an edit with numbers above `after`: those of the past first, then as they happen, until its end. */
  watch(
    editId: string,
    { after, previews }: { after: number; previews: boolean },
  ): AsyncIterableIterator<ProgressEvent> {
    if (previews) this.#countPreview(editId, 1);
    const queue = this.#enter(this.#byEdit, editId, () => {
      if (previews) this.#countPreview(editId, -1);
    });
    return closing(this.#replayed(editId, after, queue), queue);
  }

  /** Events of all edits of an account, from now on. */
  watchAccount(accountId: string): AsyncIterableIterator<ProgressEvent> {
    const queue = this.#enter(this.#byAccount, accountId);
    return closing(queue[Symbol.asyncIterator](), queue);
  }

  /** Live events queue up while the past is read: nothing falls between. */
  async *#replayed(editId: string, after: number, queue: ProgressQueue): AsyncGenerator<ProgressEvent> {
    const past = await this.#read(editId);
    for (const event of past) if (event.seq > after) yield event;
    const last = past.at(-1);
    // An end before the last event was overturned.
    if (last !== undefined && endsStream(last)) return;
    let told = last?.seq ?? 0;
    for await (const event of queue) {
      // What follows a move of which the database did not answer is done late, and perhaps twice.
      if (event.seq <= told) continue;
      told = event.seq;
      if (event.seq > after) yield event;
      if (endsStream(event)) return;
    }
  }

  #countPreview(editId: string, change: 1 | -1): void {
    const count = (this.#previews.get(editId) ?? 0) + change;
    if (count === 0) this.#previews.delete(editId);
    else this.#previews.set(editId, count);
  }

  #enter(watchers: Map<string, Set<ProgressQueue>>, key: string, onLeave = () => {}): ProgressQueue {
    const queues = watchers.get(key) ?? new Set<ProgressQueue>();
    watchers.set(key, queues);
    const queue: ProgressQueue = new EventQueue(() => {
      queues.delete(queue);
      if (queues.size === 0) watchers.delete(key);
      onLeave();
    }, isOlderStep);
    queues.add(queue);
    return queue;
  }
}

/**
 * Of each picture's steps only the latest waits, so that what waits is bounded by what happened, not by how often it was
 * measured.
 */
function isOlderStep(waiting: ProgressEvent, next: ProgressEvent): boolean {
  if (waiting.kind !== "step" || next.kind !== "step") return false;
  return waiting.editId === next.editId && waiting.index === next.index;
}
