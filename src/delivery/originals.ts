import { assert } from "../core/errors.ts";
import { digestOf, type Storage } from "./storage.ts";

/** A removal that asks whether its digest is needed; once the digest is stored again, the answer may be too old. */
interface Question {
  readonly digest: string;
  isOvertaken: boolean;
}

/** Whether an original has to stay; "for now" where its picture is deleted, and it goes with the end of what works on it. */
export type Need = boolean | "for now";

/** What becomes of an original that is to go. */
type Removal = "gone" | "needed" | "postponed";

/** Keeps bytes as `Storage.put` does, safe from removal until the work is done that they are kept for. */
export type Put = (bytes: Uint8Array) => Promise<string>;

/**
 * Originals between storage, which keeps the same bytes once, and the rows that name them: removed when no row needs them,
 * but not while they are being stored and their row is still to come.
 */
export class Originals {
  readonly #storage: Storage;
  readonly #needOf: (digest: string) => Promise<Need>;
  /** How many pieces of work are storing a digest: two may bring the same bytes. */
  readonly #storing = new Map<string, number>();
  readonly #questions = new Set<Question>();
  readonly #removing = new Map<string, Promise<void>>();

  /** @param needOf whether a row names the digest: of a picture that is shown, or for now of an edit under way or a case */
  constructor(storage: Storage, needOf: (digest: string) => Promise<Need>) {
    this.#storage = storage;
    this.#needOf = needOf;
  }

  /** Does work that stores originals and ends with their rows. What it has stored when it fails is removed. */
  async storing<T>(work: (put: Put) => Promise<T>): Promise<T> {
    const digests: string[] = [];
    const puts: Promise<string>[] = [];
    let open = true;
    const put: Put = (bytes) => {
      assert(open, "work that has ended stores nothing more");
      const digest = digestOf(bytes);
      digests.push(digest);
      this.#count(digest, 1);
      for (const question of this.#questions) if (question.digest === digest) question.isOvertaken = true;
      const stored = this.#begin(digest).then(() => this.#storage.put(bytes));
      puts.push(stored);
      return stored;
    };
    const end = async () => {
      open = false;
      await Promise.allSettled(puts);
      for (const digest of digests) this.#count(digest, -1);
    };
    try {
      const result = await work(put);
      await end();
      await this.#forget(digests);
      return result;
    } catch (error) {
      await end();
      // The first error is the one to tell, whether or not the bytes can go.
      const removals = await Promise.allSettled(digests.map((digest) => this.#remove(digest)));
      const isOver = (one: (typeof removals)[number]) => one.status === "fulfilled" && one.value !== "postponed";
      await this.#forget(digests.filter((_, index) => isOver(removals[index]!)));
      throw error;
    }
  }

  /**
   * Removes what an earlier life was storing when it was killed, or could not remove, and no row names. To be called before
   * anything is stored.
   */
  async removeUnfinished(): Promise<void> {
    const over: string[] = [];
    for (const digest of await this.#storage.begun())
      if ((await this.#remove(digest)) !== "postponed") over.push(digest);
    await this.#forget(over);
  }

  /**
   * Removes an original and all that was made from it, unless it is needed or comes again meanwhile; returns whether it went.
   * Where that fails, or it is needed for now, it is tried again at the next start.
   */
  async remove(digest: string): Promise<boolean> {
    const isGone = (await this.#remove(digest)) === "gone";
    // It may have been put off before.
    if (isGone) await this.#forget([digest]);
    return isGone;
  }

  async #remove(digest: string): Promise<Removal> {
    // The first error is the one to tell.
    const note = () => this.#storage.begin(digest).catch(() => {});
    try {
      const removal = await this.#removeUnneeded(digest);
      if (removal === "postponed") await note();
      return removal;
    } catch (error) {
      await note();
      throw error;
    }
  }

  async #removeUnneeded(digest: string): Promise<Removal> {
    const question: Question = { digest, isOvertaken: false };
    let need: Need;
    this.#questions.add(question);
    try {
      need = this.#storing.has(digest) || (await this.#needOf(digest)) || question.isOvertaken;
    } finally {
      this.#questions.delete(question);
    }
    if (need !== false) return need === true ? "needed" : "postponed";
    await (this.#removing.get(digest) ?? this.#delete(digest));
    return "gone";
  }

  #delete(digest: string): Promise<void> {
    const removing = this.#storage.delete(digest).finally(() => this.#removing.delete(digest));
    this.#removing.set(digest, removing);
    return removing;
  }

  async #begin(digest: string): Promise<void> {
    await Promise.all([this.#storage.begin(digest), this.#removing.get(digest)?.catch(() => {})]);
  }

  /** Takes back the notes of digests that nobody is storing any more. One that stays costs a look at the next start. */
  async #forget(digests: readonly string[]): Promise<void> {
    const ended = digests.filter((digest) => !this.#storing.has(digest));
    await Promise.allSettled(ended.map((digest) => this.#storage.end(digest)));
  }

  #count(digest: string, change: 1 | -1): void {
    const storing = (this.#storing.get(digest) ?? 0) + change;
    if (storing > 0) this.#storing.set(digest, storing);
    else this.#storing.delete(digest);
  }
}
