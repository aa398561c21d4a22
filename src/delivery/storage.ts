import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { assert } from "../core/errors.ts";

/** Bytes from `first` to `last`, both counted from 0 and both included, as in an HTTP range. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a read gives: the length of the whole, and the bytes asked for, to be read to the end or destroyed. */
export interface StoredBytes {
  readonly byteLength: number;
  readonly stream: Readable;
}

/**
 * Bytes kept by their content. A key is the SHA-256 of an original in hex, or `<digest>.<name>` for something made from
 * that original (a thumbnail, another format), which can be made again and goes when the original goes.
 */
export interface Storage {
  /** Keeps an original and returns its digest; on return it survives a power cut. The same bytes again change nothing. */
  put(bytes: Uint8Array): Promise<string>;
  /** Keeps something made from an original, under a key of `derivedKey`. */
  putDerived(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Removes what was made from an original, the oldest first, until the rest takes at most `bytesMax`. The `newest` made
   * last stay, whatever they take.
   */
  trimDerived(digest: string, bytesMax: number, newest: number): Promise<void>;
  /** Undefined when nothing is kept under the key. */
  stat(key: string): Promise<{ readonly byteLength: number } | undefined>;
  /** Opens what is kept under the key, whole or in part; undefined when nothing is. A range must lie inside the bytes. */
  read(key: string, range?: ByteRange): Promise<StoredBytes | undefined>;
  /** Notes that an original is being stored whose row is still to come, or is to go; the note outlives the process. */
  begin(digest: string): Promise<void>;
  /** Takes the note back. */
  end(digest: string): Promise<void>;
  /** The digests of all notes: at a start, of what a crash cut short or a fault kept from being removed. */
  begun(): Promise<string[]>;
  /** Removes an original and all that was made from it, or only what a derived key names. Nothing there changes nothing. */
  delete(key: string): Promise<void>;
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The key of something made from an original; `name` says how: lower-case letters, digits, hyphens. */
export function derivedKey(digest: string, name: string): string {
  return checkKey(`${digest}.${name}`);
}

/** Keys become paths; nothing that is no key may reach them. */
export function checkKey(key: string): string {
  assert(/^[0-9a-f]{64}(\.[a-z0-9-]{1,64})?$/.test(key), "a storage key is a SHA-256 in hex, with or without a name");
  return key;
}

/** All of what is kept under a key; undefined when nothing is. */
export async function readWhole(storage: Storage, key: string): Promise<Uint8Array | undefined> {
  const stored = await storage.read(key);
  if (stored === undefined) return undefined;
  const bytes = new Uint8Array(stored.byteLength);
  let length = 0;
  for await (const chunk of stored.stream as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  assert(length === bytes.length, "a read gave fewer bytes than are kept");
  return bytes;
}
