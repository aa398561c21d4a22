import { Concepts, isEmpty, join, type Mask, meets, without } from "./concepts.ts";
import { normalise } from "./normalise.ts";
import { slips } from "./spelling.ts";
import { dense, pieces } from "./split.ts";
import { Trie } from "./trie.ts";
import type { WordLine } from "./word-lines.ts";

/** What the lists know of one word: its concepts, and the patterns it fits, by number, of which phrases are made. */
export interface Word {
  readonly mask: Mask;
  readonly patterns: readonly number[];
  /** Concepts it has only in one language, which the prompt must be seen to use. */
  readonly foreign: readonly { readonly language: string; readonly mask: Mask }[];
}

interface Pattern {
  readonly mask: Mask;
  readonly foreign: { language: string; mask: Mask }[];
}

export interface LexiconConcepts {
  readonly critical: readonly string[];
  readonly structural: readonly string[];
  readonly defined: readonly string[];
}

interface PhraseNode {
  readonly next: Map<number, PhraseNode>;
  mask: Mask | null;
}

/** Letters a word may add to a stem and still be the word that was disguised. */
const endingMax = 3;
const slipLettersMin = 6;

/** All word lists together: words, stems ("undress*"), phrases, and words hashed so that the lists do not spell them. */
export class Lexicon {
  readonly concepts: Concepts;
  readonly unknown: Word;
  readonly #exact = new Map<string, number>();
  readonly #whole = new Trie();
  readonly #stems = new Trie();
  readonly #dense = new Trie();
  readonly #hashed = new Map<number, number>();
  readonly #patterns: Pattern[] = [];
  readonly #phrases: PhraseNode = { next: new Map(), mask: null };
  readonly #votes = new Map<string, string[]>();
  readonly #slips = new Map<string, string>();
  readonly #meaningless = new Set<string>();
  readonly #critical: Mask;
  readonly #structural: Mask;
  readonly #criticalWords: readonly string[];
  readonly #wordLengths: number[] = [];

  /**
   * `critical`: concepts worth finding behind a disguise; `structural`: those that the words of a phrase do not pass on
   * to it; `defined`: those that rules make and no list names.
   */
  constructor(lines: readonly WordLine[], { critical, structural, defined }: LexiconConcepts) {
    this.concepts = new Concepts([...defined, ...lines.map((line) => line.concept)]);
    this.unknown = { mask: this.concepts.empty(), patterns: [], foreign: [] };
    for (const line of lines) this.#add(line);
    this.#structural = this.concepts.mask(structural);
    this.#critical = this.concepts.mask(critical);
    for (const [word, number] of this.#exact) this.#wordLengths[number] = word.length;
    this.#criticalWords = [...this.#exact.keys()].filter((word) => this.#means(this.find(word)));
    const slipping = this.concepts.mask(critical);
    for (const line of lines) {
      if (line.language !== "en" || !meets(this.concepts.mask([line.concept]), slipping)) continue;
      for (const entry of line.entries) this.#addSlips(entry.replace("*", ""));
    }
  }

  #addSlips(word: string): void {
    if (word.length < slipLettersMin || !/^[a-z]+$/.test(word)) return;
    for (const slip of slips(word)) if (!this.knows(slip)) this.#slips.set(slip, word);
  }

  #add({ concept, language, entries, voting, guessed }: WordLine): void {
    const mask = concept === "" ? this.concepts.empty() : this.concepts.mask([concept]);
    for (const entry of entries) {
      if (voting) this.#votes.set(normalise(entry), [...(this.#votes.get(normalise(entry)) ?? []), language]);
      else if (entry.startsWith("#")) this.#addHash(Number.parseInt(entry.slice(1), 16), mask);
      else {
        const form = normalise(entry.replace("!", ""));
        this.#addWords(form, mask, guessed || (isShort(form, language) && !entry.startsWith("!")) ? language : null);
        if (concept === "") this.#meaningless.add(form);
      }
    }
  }

  #addWords(entry: string, mask: Mask, language: string | null): void {
    const words = entry
      .split(/\s+/)
      .flatMap((word) => (word.endsWith("*") ? [word] : pieces(word).map(({ text }) => text)));
    const numbers = words.map((word) => this.#patternOf(word));
    if (numbers.length === 1) {
      const pattern = this.#patterns[numbers[0]!]!;
      if (language === null) join(pattern.mask, mask);
      else pattern.foreign.push({ language, mask });
      return;
    }
    let node = this.#phrases;
    for (const number of numbers) {
      if (!node.next.has(number)) node.next.set(number, { next: new Map(), mask: null });
      node = node.next.get(number)!;
    }
    node.mask ??= this.concepts.empty();
    join(node.mask, mask);
  }

  #patternOf(word: string): number {
    const make = () => this.#patterns.push({ mask: this.concepts.empty(), foreign: [] }) - 1;
    if (word.endsWith("*")) return this.#stems.add(word.slice(0, -1), make);
    if (dense.test(word)) return this.#dense.add(word, make);
    const number = this.#whole.add(word, make);
    this.#exact.set(word, number);
    return number;
  }

  #addHash(hash: number, mask: Mask): void {
    const number = this.#hashed.get(hash) ?? this.#patterns.push({ mask: this.concepts.empty(), foreign: [] }) - 1;
    this.#hashed.set(hash, number);
    join(this.#patterns[number]!.mask, mask);
  }

  knows(form: string): boolean {
    return this.#exact.has(form) || this.#votes.has(form) || this.#stems.prefixes(form).length > 0;
  }

  /** What is known of a word in its normal form; `unknown` where nothing is. */
  find(form: string): Word {
    const exact = this.#exact.get(form);
    if (exact !== undefined && this.#meaningless.has(form)) return this.#word([exact]);
    const numbers = this.#stems.prefixes(form);
    if (exact !== undefined) numbers.push(exact);
    if (this.#hashed.size > 0) {
      for (const stem of form.endsWith("s") ? [form, form.slice(0, -1)] : [form]) {
        const hashed = this.#hashed.get(hashOf(stem));
        if (hashed !== undefined) numbers.push(hashed);
      }
    }
    return numbers.length === 0 ? this.unknown : this.#word(numbers);
  }

  #word(numbers: readonly number[]): Word {
    const mask = this.concepts.empty();
    for (const number of numbers) join(mask, this.#patterns[number]!.mask);
    return { mask, patterns: numbers, foreign: numbers.flatMap((number) => this.#patterns[number]!.foreign) };
  }

  /** The known words in a run of letters without spaces, with what lies between them as unknown words. */
  cut(run: string): { text: string; word: Word }[] {
    const found: { text: string; word: Word }[] = [];
    let strange = 0;
    for (let at = 0; at < run.length; ) {
      const hit = this.#dense.longest(run, at);
      if (hit === null) {
        at++;
        continue;
      }
      if (strange < at) found.push({ text: run.slice(strange, at), word: this.unknown });
      found.push({ text: run.slice(at, hit.end), word: this.#word([hit.value]) });
      at = strange = hit.end;
    }
    if (strange < run.length) found.push({ text: run.slice(strange), word: this.unknown });
    return found;
  }

  #means(word: Word): boolean {
    return meets(word.mask, this.#critical);
  }

  /** The words that a disguise may stand for: one critical word, or several run together with a critical one among them. */
  unveil(form: string): readonly string[] | null {
    return this.isCritical(form) ? [form] : this.unravel(form);
  }

  isCritical(form: string): boolean {
    if (form.length < 3) return false;
    const exact = this.#exact.get(form);
    if (exact !== undefined) return this.#means(this.#word([exact]));
    if (this.#hashed.has(hashOf(form))) return true;
    const stem = this.#stems.longest(form, 0);
    return stem !== null && form.length - stem.end <= endingMax && this.#means(this.#word([stem.value]));
  }

  /** The fewest whole words that make up `form`; null unless one of them is critical and has four letters. */
  unravel(form: string): readonly string[] | null {
    if (form.length < 7 || form.length > 60) return null;
    const best: (readonly string[] | undefined)[] = [[]];
    for (let at = 0; at < form.length; at++) {
      const before = best[at];
      if (before === undefined) continue;
      const rest = form.slice(at);
      for (const number of this.#whole.prefixes(rest)) {
        const word = rest.slice(0, this.#wordLengths[number]);
        const end = at + word.length;
        if ((best[end]?.length ?? Number.POSITIVE_INFINITY) > before.length + 1) best[end] = [...before, word];
      }
    }
    const words = best[form.length];
    if (words === undefined) return null;
    return words.some((word) => word.length >= 4 && this.#means(this.find(word))) ? words : null;
  }

  /** A critical word for a likely slip of the hand. */
  unslip(form: string): string | undefined {
    return form.length >= slipLettersMin - 1 ? this.#slips.get(form) : undefined;
  }

  /** The one critical word that fits letters with asterisks for some of them. */
  fill(masked: string): string | undefined {
    if (masked.length < 3 || masked.length > 15 || masked.startsWith("*")) return undefined;
    return this.#criticalWords.find(
      (word) =>
        word.length === masked.length && [...masked].every((letter, at) => letter === "*" || letter === word[at]),
    );
  }

  /** Languages in which a word is one of the commonest. */
  votes(form: string): readonly string[] {
    return this.#votes.get(form) ?? [];
  }

  /** The longest phrase whose words fit, from the first of `words` on. It means what it is listed for and what its words mean, or nothing at all. */
  phrase(words: readonly Word[], from: number): { length: number; mask: Mask } | null {
    let best: { length: number; mask: Mask } | null = null;
    let nodes = [this.#phrases];
    for (let at = from; at < words.length && nodes.length > 0; at++) {
      nodes = nodes.flatMap((node) => {
        const next: PhraseNode[] = [];
        for (const number of words[at]!.patterns) {
          const reached = node.next.get(number);
          if (reached !== undefined) next.push(reached);
        }
        return next;
      });
      for (const { mask } of nodes) if (mask !== null) best = { length: at - from + 1, mask };
    }
    if (best === null || isEmpty(best.mask)) return best;
    const mask = best.mask.slice();
    for (const word of words.slice(from, from + best.length)) join(mask, without(word.mask, this.#structural));
    return { length: best.length, mask };
  }
}

/** Short words of languages in Latin letters mean something else in others ("kind", "rock", "bite"). */
function isShort(form: string, language: string): boolean {
  return language !== "en" && language !== "names" && /^[a-z]{1,4}\*?$/.test(form);
}

/** FNV-1a, 32 bits, over UTF-16 units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
