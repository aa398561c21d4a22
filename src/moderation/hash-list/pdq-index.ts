import { nextTurn } from "../../core/clock.ts";
import { assert } from "../../core/errors.ts";
import { pdqBytes, pdqDistanceMax } from "./pdq.ts";
import { distanceAt, pdqWords } from "./pdq-distance.ts";

/** A hash is cut into so many slices of 16 bits. */
const slices = 16;
const sliceValues = 1 << 16;
/** Hashes sorted in between two turns of the event loop: about 2 ms. */
const hashesPerTurn = 1 << 15;

/**
 * Finds hashes within 31 bits of one. If two differ in at most 31 of 256 bits, then in one of 16 slices they differ in at
 * most one: so only those that share a slice, or all but one bit of it, are compared in full. 96 bytes a hash and 4 MiB.
 */
export class PdqIndex {
  readonly count: number;
  /** `[count, 8]` and, the same bytes, `[count, 16]`. */
  readonly #words: Uint32Array;
  readonly #slices: Uint16Array;
  /** For each slice, where the hashes of each value begin in `#order`: `[16, 65537]`. */
  readonly #starts = new Uint32Array(slices * (sliceValues + 1));
  /** Hashes sorted by their value, for each slice: `[16, count]`. */
  readonly #order: Uint32Array;

  private constructor(hashes: Uint8Array) {
    this.count = hashes.length / pdqBytes;
    this.#words = new Uint32Array(this.count * pdqWords);
    new Uint8Array(this.#words.buffer).set(hashes);
    this.#slices = new Uint16Array(this.#words.buffer);
    this.#order = new Uint32Array(slices * this.count);
  }

  /** Indexes `[count, 32]` bytes; lets the event loop go on meanwhile. */
  static async build(hashes: Uint8Array): Promise<PdqIndex> {
    assert(hashes.length % pdqBytes === 0, "PDQ hashes have 32 bytes each");
    const index = new PdqIndex(hashes);
    for (let slice = 0; slice < slices; slice += 1) await index.#sort(slice);
    return index;
  }

  /** The fewest bits in which a hash here differs from this one, where that is 31 or less. */
  nearest(hash: Uint8Array): number | undefined {
    const query = new Uint32Array(pdqWords);
    new Uint8Array(query.buffer).set(hash);
    const best = this.#candidates(query) < this.count ? this.#nearestBySlice(query) : this.#nearestOfAll(query);
    return best <= pdqDistanceMax ? best : undefined;
  }

  /** Counting sort of all hashes by one slice. */
  async #sort(slice: number): Promise<void> {
    const starts = this.#startsOf(slice);
    const order = this.#order.subarray(slice * this.count, (slice + 1) * this.count);
    await this.#each((index) => {
      const value = this.#slices[index * slices + slice]!;
      starts[value + 1] = starts[value + 1]! + 1;
    });
    for (let value = 0; value < sliceValues; value += 1) starts[value + 1] = starts[value + 1]! + starts[value]!;
    const next = starts.slice(0, sliceValues);
    await this.#each((index) => {
      const value = this.#slices[index * slices + slice]!;
      order[next[value]!] = index;
      next[value] = next[value]! + 1;
    });
  }

  async #each(visit: (index: number) => void): Promise<void> {
    for (let from = 0; from < this.count; from += hashesPerTurn) {
      await nextTurn();
      const to = Math.min(this.count, from + hashesPerTurn);
      for (let index = from; index < to; index += 1) visit(index);
    }
  }

  #startsOf(slice: number): Uint32Array {
    return this.#starts.subarray(slice * (sliceValues + 1), (slice + 1) * (sliceValues + 1));
  }

  /** How many comparisons going by slices takes. Where a list is lopsided it may be more than it holds. */
  #candidates(query: Uint32Array): number {
    const keys = new Uint16Array(query.buffer);
    let sum = 0;
    for (let slice = 0; slice < slices; slice += 1) {
      const starts = this.#startsOf(slice);
      for (const flip of flips) sum += starts[(keys[slice]! ^ flip) + 1]! - starts[keys[slice]! ^ flip]!;
    }
    return sum;
  }

  #nearestBySlice(query: Uint32Array): number {
    const keys = new Uint16Array(query.buffer);
    let best = pdqDistanceMax + 1;
    for (let slice = 0; slice < slices; slice += 1) {
      const starts = this.#startsOf(slice);
      const order = this.#order.subarray(slice * this.count, (slice + 1) * this.count);
      for (const flip of flips) {
        const value = keys[slice]! ^ flip;
        for (let at = starts[value]!; at < starts[value + 1]!; at += 1) {
          best = Math.min(best, distanceAt(this.#words, order[at]!, query, best));
        }
      }
    }
    return best;
  }

  #nearestOfAll(query: Uint32Array): number {
    let best = pdqDistanceMax + 1;
    for (let index = 0; index < this.count; index += 1) {
      best = Math.min(best, distanceAt(this.#words, index, query, best));
    }
    return best;
  }
}

/** A slice as it is, and with each of its bits turned. */
const flips = [0, ...Array.from({ length: 16 }, (_, bit) => 1 << bit)];
