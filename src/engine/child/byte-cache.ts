import { LRUCache } from "lru-cache";
import type { CacheCounters } from "../engine.ts";

/** Keeps what was used last within a number of bytes. Something larger than the whole bound is not kept. */
export class ByteCache<Value extends object> {
  readonly #entries: LRUCache<string, Value>;
  #hits = 0;
  #misses = 0;

  constructor(bytesMax: number) {
    this.#entries = new LRUCache({ maxSize: Math.max(1, Math.floor(bytesMax)) });
  }

  /** The value under `key`, now the most recent; counted as a hit or a miss. */
  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) this.#misses += 1;
    else this.#hits += 1;
    return value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, value: Value, bytes: number): void {
    this.#entries.set(key, value, { size: bytes });
  }

  get counters(): CacheCounters {
    const { size: entries, calculatedSize: bytes } = this.#entries;
    return { hits: this.#hits, misses: this.#misses, entries, bytes };
  }
}
