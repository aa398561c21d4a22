import { assert } from "../core/errors.ts";

/** Longer clusters are replaced character by character (Hugging Face's `spm_precompiled`). */
const clusterBytesMax = 5;

/** UTF-16 units given to the segmenter at once. */
const stretchUnits = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * SentencePiece's compiled character rules, applied as Hugging Face's T5TokenizerFast does (which, unlike SentencePiece,
 * takes the shortest rule and never joins characters of different clusters).
 *
 * The blob is the byte length of a trie (uint32, little-endian), the trie's 32-bit units, then the replacements, each
 * ended by a zero byte. The trie is a Darts-clone double array from UTF-8 keys to offsets among the replacements.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #known = new Map<string, string>();

  /** Throws when the blob is cut off. */
  constructor(blob: Uint8Array) {
    assert(blob.length >= 4, "character map is cut off");
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    const trieBytes = view.getUint32(0, true);
    assert(trieBytes % 4 === 0 && 4 + trieBytes <= blob.length, "character map is cut off");
    this.#units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + i * 4, true));
    this.#replacements = blob.subarray(4 + trieBytes);
  }

  normalize(text: string): string {
    let normalized = "";
    for (const cluster of clustersOf(text)) normalized += this.#normalizeCluster(cluster);
    return normalized;
  }

  #normalizeCluster(cluster: string): string {
    const known = this.#known.get(cluster);
    if (known !== undefined) return known;
    const bytes = encoder.encode(cluster);
    const whole = bytes.length <= clusterBytesMax ? this.#replacement(bytes) : undefined;
    const normalized = whole ?? Array.from(cluster, (char) => this.#replacement(encoder.encode(char)) ?? char).join("");
    if (this.#known.size < 10_000) this.#known.set(cluster, normalized);
    return normalized;
  }

  /** The replacement of the shortest key that `bytes` start with. */
  #replacement(bytes: Uint8Array): string | undefined {
    let at = offsetOf(this.#units[0] ?? 0);
    for (const byte of bytes) {
      at ^= byte;
      const unit = this.#units[at];
      if (unit === undefined || (unit & 0x800000ff) !== byte) return undefined;
      at ^= offsetOf(unit);
      if (unit & 0x100) return this.#stringAt((this.#units[at] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  #stringAt(start: number): string {
    const end = this.#replacements.indexOf(0, start);
    return decoder.decode(this.#replacements.subarray(start, end < 0 ? undefined : end));
  }
}

/**
 * The grapheme clusters of a text. The segmenter's time grows with the square of its input, so it gets a short stretch
 * at a time, from one boundary to beyond the next ones; the last cluster of a stretch may go on and is read again.
 */
function* clustersOf(text: string): Generator<string> {
  for (let start = 0, reach = stretchUnits; start < text.length; ) {
    const end = start + reach;
    const splitsPair = (text.codePointAt(end - 1) ?? 0) > 0xffff;
    const found = Array.from(
      segmenter.segment(text.slice(start, splitsPair ? end - 1 : end)),
      ({ segment }) => segment,
    );
    if (end < text.length) found.pop();
    for (const cluster of found) {
      yield cluster;
      start += cluster.length;
    }
    reach = found.length > 0 ? stretchUnits : reach * 2;
  }
}

/** Where a unit's children begin, relative to the unit itself. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** A normaliser of @huggingface/tokenizers, whose own declarations do not resolve under NodeNext. */
export interface LibraryNormalizer {
  (text: string): string;
  normalize(text: string): string;
  readonly config?: { readonly type?: string; readonly precompiled_charsmap?: string | null };
  /** The parts of a sequence. */
  normalizers?: (LibraryNormalizer | null)[];
}

/**
 * A normaliser with its precompiled rules applied as written. The library takes every such map for NFKC, which gives
 * other ids to joined emoji and to combining marks.
 *
 * @throws Error when a map is cut off
 */
export function withCharsmaps(normalizer: LibraryNormalizer): LibraryNormalizer {
  if (normalizer.normalizers) {
    normalizer.normalizers = normalizer.normalizers.map((part) => part && withCharsmaps(part));
  }
  const blob = normalizer.config?.type === "Precompiled" && normalizer.config.precompiled_charsmap;
  if (!blob) return normalizer;
  const charsmap = new Charsmap(Buffer.from(blob, "base64"));
  const normalize = (text: string) => charsmap.normalize(text);
  return Object.assign(normalize, { normalize });
}
