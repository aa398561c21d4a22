import { pdqDistanceMax, pdqQualityMin } from "../moderation/hash-list/pdq.ts";
import { distanceAt, pdqWords, pdqWordsOf } from "../moderation/hash-list/pdq-distance.ts";
import type { Database } from "../store/database.ts";
import { listFingerprints } from "../store/images.ts";
import type { Fingerprint } from "./pixel-threads.ts";

export interface Near {
  readonly imageId: string;
  /** Bits of 256 that differ, 0…31. */
  readonly distance: number;
}

/**
 * The fingerprints of all pictures in one table in memory, compared one by one: of 100,000 that takes about two milliseconds
 * (`npm run bench credentials`), and no index has to be kept. 32 bytes a picture and its id. What is deleted or never
 * comes on record stays in the table; whoever asks looks the rows up.
 */
export class Fingerprints {
  readonly #ids: string[] = [];
  /** Numbers that stand for accounts, one for each picture. */
  readonly #owners: number[] = [];
  readonly #accounts = new Map<string, number>();
  #hashes = new Uint32Array(pdqWords * 1024);

  /** With the pictures that are on record. */
  static async load(db: Database): Promise<Fingerprints> {
    const fingerprints = new Fingerprints();
    for await (const { id, accountId, pdq, pdqQuality } of listFingerprints(db)) {
      fingerprints.add({ id, accountId }, { pdq, quality: pdqQuality });
    }
    return fingerprints;
  }

  get count(): number {
    return this.#ids.length;
  }

  /** Pictures of too little detail are left out: they would be near to what they have nothing to do with. */
  add({ id, accountId }: { readonly id: string; readonly accountId: string }, { pdq, quality }: Fingerprint): void {
    if (quality < pdqQualityMin) return;
    const at = this.#ids.length * pdqWords;
    if (at === this.#hashes.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes.set(pdqWordsOf(pdq), at);
    if (!this.#accounts.has(accountId)) this.#accounts.set(accountId, this.#accounts.size);
    this.#owners.push(this.#accounts.get(accountId)!);
    this.#ids.push(id);
  }

  /** Pictures of an account that differ from this one in at most 31 bits, the nearest first. */
  nearest(accountId: string, { pdq, quality }: Fingerprint): Near[] {
    const owner = this.#accounts.get(accountId);
    if (owner === undefined || quality < pdqQualityMin) return [];
    const query = pdqWordsOf(pdq);
    const found: Near[] = [];
    for (let i = 0; i < this.#ids.length; i += 1) {
      if (this.#owners[i] !== owner) continue;
      const distance = distanceAt(this.#hashes, i, query, pdqDistanceMax + 1);
      if (distance <= pdqDistanceMax) found.push({ imageId: this.#ids[i]!, distance });
    }
    return found.sort((a, b) => a.distance - b.distance);
  }
}
