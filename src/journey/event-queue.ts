import type { ProgressEvent } from "../core/progress.ts";

/**
 * Events that one watcher has yet to take. Of each picture's steps only the latest is kept, so what waits is bounded by
 * what happened, not by how often it was measured.
 */
export class EventQueue implements AsyncIterable<ProgressEvent>, Disposable {
  readonly #onClose: () => void;
  readonly #events: ProgressEvent[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  push(event: ProgressEvent): void {
    if (event.kind === "step") {
      const older = this.#events.findIndex(
        (waiting) => waiting.kind === "step" && waiting.editId === event.editId && waiting.index === event.index,
      );
      if (older >= 0) this.#events.splice(older, 1);
    }
    this.#events.push(event);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ProgressEvent> {
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
