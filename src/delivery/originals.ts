import { assert } from "../core/errors.ts";
import { digestOf, type Storage } from "./storage.ts";

/** A removal that asks whether its digest is needed; once the digest is stored again, the answer may be too old. */
interface Question {
  readonly digest: string;
  isOvertaken: boolean;
}

/** Keeps bytes as `Storage.put` does, safe from removal until the work is done that they are kept for. */
export type Put = (bytes: Uint8Array) => Promise<string>;

/**
 * Originals between storage, which keeps the same bytes once, and the rows that name them: removed when no row needs them,
 * but not while they are being stored and their row is still to come.
 */
export class Originals {
  readonly #storage: Storage;
  readonly #isNeeded: (digest: string) => Promise<boolean>;
  /** How many pieces of work are storing a digest: two may bring the same bytes. */
  readonly #storing = new Map<string, number>();
  readonly #questions = new Set<Question>();
  readonly #removing = new Map<string, Promise<void>>();

  /** @param isNeeded whether a row names the digest: of a picture that is shown, for an edit under way, or for a case */
  constructor(storage: Storage, isNeeded: (digest: string) => Promise<boolean>) {
    this.#storage = storage;
    this.#isNeeded = isNeeded;
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
      const removals = await Promise.allSettled(digests.map((digest) => this.remove(digest)));
      await this.#forget(digests.filter((_, index) => removals[index]!.status === "fulfilled"));
      throw error;
    }
  }

  /**
   * Removes what an earlier life was storing when it was killed, or could not remove, and no row names. To be called before
   * anything is stored.
   */
  async removeUnfinished(): Promise<void> {
    const digests = await this.#storage.begun();
    for (const digest of digests) await this.remove(digest);
    await this.#forget(digests);
  }

  /**
   * Removes an original and all that was made from it, unless it is needed or comes again meanwhile; returns whether it went.
   * Where that fails it is tried again at the next start.
   */
  async remove(digest: string): Promise<boolean> {
    try {
      return await this.#removeUnneeded(digest);
    } catch (error) {
      // The first error is the one to tell.
      await this.#storage.begin(digest).catch(() => {});
      throw error;
    }
  }

  async #removeUnneeded(digest: string): Promise<boolean> {
    const question: Question = { digest, isOvertaken: false };
    this.#questions.add(question);
    try {
      if (this.#storing.has(digest) || (await this.#isNeeded(digest)) || question.isOvertaken) return false;
    } finally {
      this.#questions.delete(question);
    }
    await (this.#removing.get(digest) ?? this.#delete(digest));
    return true;
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
