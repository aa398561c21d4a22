import { bitsOf, type Concepts } from "./concepts.ts";
import { hashOf } from "./lexicon.ts";
import { normalise } from "./normalise.ts";
import { dense } from "./split.ts";
import type { Tokeniser } from "./tokenise.ts";

/** Features are hashed to this many numbers. */
export const buckets = 1 << 18;
/** How many tokens on the second of a pair of concepts may stand. */
const reach = 3;
/** Tells pairs that stand anywhere in a prompt from those near each other. */
const together = 0x5555;
/** Concepts of a prompt that are paired so: more say too many things. */
const togetherMax = 64;

/**
 * What the classifier sees of a prompt: its words, pairs of words, runs of three to five letters, and the concepts that
 * the word lists know, alone, in pairs near each other, and in pairs anywhere in the prompt. Concepts are the same in
 * every language, and so is what is learnt from them.
 */
export class Features {
  readonly #tokeniser: Tokeniser;
  /** Of the concepts' names, by bit: bits change with the word lists, names stay. */
  readonly #hashes: readonly number[];

  constructor(tokeniser: Tokeniser, concepts: Concepts) {
    this.#tokeniser = tokeniser;
    this.#hashes = concepts.names.map((name) => hashOf(`k${name}`));
  }

  /** The numbers of a prompt's features, 0…`buckets` − 1, each once. */
  of(prompt: string): number[] {
    const found = new Set<number>();
    addWords(prompt, found);
    this.#addConcepts(prompt, found);
    return [...found];
  }

  #addConcepts(prompt: string, found: Set<number>): void {
    const hashes = this.#tokeniser.tokenise(prompt).map(({ mask }) => bitsOf(mask).map((bit) => this.#hashes[bit]!));
    for (const [at, firsts] of hashes.entries()) {
      const seconds = hashes.slice(at + 1, at + 1 + reach).flat();
      for (const first of firsts) {
        found.add(first & (buckets - 1));
        for (const second of seconds) found.add(pairOf(first, second));
      }
    }
    const all = [...new Set(hashes.flat())].sort((a, b) => a - b).slice(0, togetherMax);
    for (const [at, first] of all.entries()) {
      for (const second of all.slice(at + 1)) found.add(pairOf(first ^ together, second));
    }
  }
}

function addWords(prompt: string, found: Set<number>): void {
  const add = (feature: string) => found.add(hashOf(feature) & (buckets - 1));
  const words = normalise(prompt).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  for (const [at, word] of words.entries()) {
    add(`w${word}`);
    if (at > 0) add(`b${words[at - 1]} ${word}`);
    if (at > 1) add(`s${words[at - 2]} ${word}`);
    const whole = `^${word}$`;
    const [least, most] = dense.test(word) ? [2, 4] : [3, 5];
    for (let length = least; length <= most; length++) {
      for (let from = 0; from + length <= whole.length; from++) add(`c${whole.slice(from, from + length)}`);
    }
  }
}

function pairOf(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ second;
  return (mixed ^ (mixed >>> 15)) & (buckets - 1);
}
