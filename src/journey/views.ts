import { type Clock, hourMs } from "../core/clock.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { Database } from "../store/database.ts";
import { findImage } from "../store/images.ts";

/** Who looks at a picture again within this time is not written down again: a page of thumbnails is asked for all day. */
const sameViewMs = hourMs;
/** Views remembered, about 10 MB; of more, the oldest are written down again. */
const rememberedMax = 65_536;

export interface ViewsOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Writes down who has looked at which picture, once an hour, without letting anybody wait for it. */
export class Views implements AsyncDisposable {
  readonly #options: ViewsOptions;
  /** When, by account and picture; oldest first. */
  readonly #seenAt = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  /** The bytes of a picture are about to go to an account. */
  viewed(imageId: string, accountId: string): void {
    const now = this.#options.clock.now();
    const key = `${accountId} ${imageId}`;
    const before = this.#seenAt.get(key);
    if (before !== undefined && now - before < sameViewMs) return;
    this.#seenAt.delete(key);
    this.#seenAt.set(key, now);
    if (this.#seenAt.size > rememberedMax) this.#seenAt.delete(this.#seenAt.keys().next().value!);
    const writing: Promise<void> = this.#write(imageId, accountId)
      .catch((error: unknown) => {
        this.#seenAt.delete(key);
        this.#options.onError(error);
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #write(imageId: string, actor: string): Promise<void> {
    const { db, clock } = this.#options;
    const image = await findImage(db, imageId);
    if (image === null) return;
    const about = { subjectKind: "image", subjectId: imageId, accountId: image.accountId } as const;
    await appendAudit(db, [{ ...about, actor, kind: "image.viewed", details: { kind: image.kind } }], clock.date());
  }

  /** Waits for what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing);
  }
}
