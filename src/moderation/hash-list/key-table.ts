import { assert } from "../../core/errors.ts";

/** A set of keys of one width in bytes; 8 bytes a key beside the key itself. Look-up takes about a microsecond. */
export class KeyTable {
  readonly width: number;
  readonly #keys: Uint8Array;
  /** Index of a key, plus one, at the place that its first bytes choose or the next free one; at most half full. */
  readonly #slots: Int32Array;
  #count = 0;

  /** Room for `capacity` keys of at least four bytes. */
  constructor(width: number, capacity: number) {
    this.width = width;
    this.#keys = new Uint8Array(width * capacity);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, 2 * capacity))));
  }

  get count(): number {
    return this.#count;
  }

  /** All keys, one after the other, in the order they came. */
  get keys(): Uint8Array {
    return this.#keys.subarray(0, this.#count * this.width);
  }

  has(key: Uint8Array): boolean {
    return this.#slots[this.#place(key)] !== 0;
  }

  /** Adds a key; whether it is new. */
  add(key: Uint8Array): boolean {
    const place = this.#place(key);
    if (this.#slots[place] !== 0) return false;
    assert(this.#count * this.width < this.#keys.length, "a key table holds no more than its capacity");
    this.#keys.set(key, this.#count * this.width);
    this.#count += 1;
    this.#slots[place] = this.#count;
    return true;
  }

  /** Where a key is, or would be put. */
  #place(key: Uint8Array): number {
    assert(key.length === this.width, `a key has ${this.width} bytes`);
    const mask = this.#slots.length - 1;
    let mixed = 0;
    // PDQ hashes of like pictures share long runs of bytes: all of them go in.
    for (let i = 0; i < key.length; i += 1) mixed = Math.imul(mixed ^ key[i]!, 0x01000193);
    for (let place = (mixed ^ (mixed >>> 15)) & mask; ; place = (place + 1) & mask) {
      const index = this.#slots[place]!;
      if (index === 0 || this.#equals(index - 1, key)) return place;
    }
  }

  #equals(index: number, key: Uint8Array): boolean {
    const at = index * this.width;
    for (let i = 0; i < key.length; i += 1) if (this.#keys[at + i] !== key[i]) return false;
    return true;
  }
}
