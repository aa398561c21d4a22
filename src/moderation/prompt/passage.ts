import { bitsOf, isEmpty, join, type Mask, meets, without } from "./concepts.ts";
import type { Element, Statement } from "./grammar.ts";
import type { Token } from "./tokenise.ts";

/** A prompt's tokens under the rules: where each concept stands, and what each sentence and the whole hold. */
export class Passage {
  readonly #tokens: readonly Token[];
  readonly #places: number[][] = [];
  readonly #sentenceOf: number[] = [];
  readonly #sentences: Mask[] = [];
  /** Where each sentence begins, and the end of the last. */
  readonly #starts: number[] = [];
  /** Sentences that lost a concept since they were last gathered. */
  readonly #stale = new Set<number>();
  readonly #whole: Mask;

  constructor(tokens: readonly Token[], empty: Mask) {
    this.#tokens = tokens;
    this.#whole = empty.slice();
    /** Tokens of one word share a mask. */
    const known = new Map<Mask, readonly number[]>();
    for (let at = 0; at < tokens.length; at++) {
      if (at === 0 || tokens[at - 1]!.stop) {
        this.#starts.push(at);
        this.#stale.add(this.#sentences.push(empty.slice()) - 1);
      }
      this.#sentenceOf.push(this.#sentences.length - 1);
      const { mask } = tokens[at]!;
      const bits = known.get(mask) ?? bitsOf(mask);
      known.set(mask, bits);
      this.#place(at, bits);
    }
    this.#starts.push(tokens.length);
    this.#gather();
  }

  #place(at: number, bits: readonly number[]): void {
    for (const bit of bits) {
      const places = this.#places[bit];
      if (places === undefined) this.#places[bit] = [at];
      else places.push(at);
    }
  }

  #gather(): void {
    for (const sentence of this.#stale) {
      const mask = this.#sentences[sentence]!.fill(0);
      for (let at = this.#starts[sentence]!; at < this.#starts[sentence + 1]!; at++) join(mask, this.#tokens[at]!.mask);
    }
    this.#stale.clear();
    this.#whole.fill(0);
    for (const mask of this.#sentences) join(this.#whole, mask);
  }

  /** Matches of the statement's pattern, as first and one past the last token; no more than `most`. */
  matches(statement: Statement, most: number): { from: number; to: number }[] {
    if (this.#stale.size > 0) this.#gather();
    const found: { from: number; to: number }[] = [];
    const { needs, promptLacks } = statement;
    if (!meetsAll(needs, this.#whole) || !meetsAll(statement.promptHas, this.#whole)) return found;
    if (promptLacks !== null && meets(promptLacks, this.#whole)) return found;
    for (const bit of statement.anchors) {
      for (const from of this.#places[bit] ?? []) {
        if (!this.#sentenceFits(statement, this.#sentences[this.#sentenceOf[from]!]!)) continue;
        const to = this.#match(statement.elements, 0, from);
        if (to >= 0 && found.push({ from, to }) === most) return found;
      }
    }
    return found;
  }

  #sentenceFits({ needs, sentenceHas, sentenceLacks }: Statement, sentence: Mask): boolean {
    if (sentenceLacks !== null && meets(sentenceLacks, sentence)) return false;
    return meetsAll(needs, sentence) && meetsAll(sentenceHas, sentence);
  }

  #has(at: number, mask: Mask): boolean {
    return at < this.#tokens.length && meets(this.#tokens[at]!.mask, mask);
  }

  #mayFill(at: number, mask: Mask): boolean {
    return this.#has(at, mask) || isEmpty(this.#tokens[at]!.mask);
  }

  /** One past the last token that `elements` from `step` on take at `at`; -1 where they do not fit. */
  #match(elements: readonly Element[], step: number, at: number): number {
    const element = elements[step];
    if (element === undefined) return at;
    switch (element.kind) {
      case "need":
        return this.#has(at, element.mask) ? this.#match(elements, step + 1, at + 1) : -1;
      case "absent":
        return this.#has(at, element.mask) ? -1 : this.#match(elements, step + 1, at);
      case "optional": {
        const taken = this.#has(at, element.mask) ? this.#match(elements, step + 1, at + 1) : -1;
        return taken >= 0 ? taken : this.#match(elements, step + 1, at);
      }
      case "notBefore": {
        for (let place = at - 1; place >= at - element.most && place >= 0 && !this.#tokens[place]!.stop; place--) {
          if (this.#has(place, element.mask)) return -1;
        }
        return this.#match(elements, step + 1, at);
      }
      case "gap": {
        for (let skipped = 0; skipped <= element.most; skipped++) {
          const to = this.#match(elements, step + 1, at + skipped);
          if (to >= 0) return to;
          const next = at + skipped;
          if (next >= this.#tokens.length || this.#tokens[next]!.stop) return -1;
          if (element.only ? !this.#mayFill(next, element.mask) : this.#has(next, element.mask)) return -1;
        }
        return -1;
      }
    }
  }

  /** Gives the tokens from `from` to before `to` more concepts. */
  set(from: number, to: number, mask: Mask): void {
    for (let at = from; at < to; at++) {
      const token = this.#tokens[at]!;
      this.#place(at, bitsOf(without(mask, token.mask)));
      token.mask = token.mask.slice();
      join(token.mask, mask);
      join(this.#sentences[this.#sentenceOf[at]!]!, mask);
    }
    join(this.#whole, mask);
  }

  /** Takes concepts from the tokens from `from` to before `to`. */
  clear(from: number, to: number, mask: Mask): void {
    for (let at = from; at < to; at++) {
      const token = this.#tokens[at]!;
      if (!meets(token.mask, mask)) continue;
      token.mask = without(token.mask, mask);
      this.#stale.add(this.#sentenceOf[at]!);
    }
  }
}

function meetsAll(masks: readonly Mask[], mask: Mask): boolean {
  for (const each of masks) if (!meets(each, mask)) return false;
  return true;
}
