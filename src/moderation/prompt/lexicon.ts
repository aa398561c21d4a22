import { Concepts, isEmpty, join, type Mask, meets, without } from "./concepts.ts";
import { slips } from "./spelling.ts";
import { dense, pieces } from "./split.ts";
import { Stems } from "./stems.ts";
import { Trie } from "./trie.ts";
import type { WordLine } from "./word-lines.ts";

/** What the lists know of one word: its concepts, and the patterns it fits, by number, of which phrases are made. */
export interface Word {
  readonly mask: Mask;
  readonly patterns: readonly number[];
  /** Concepts it has only in one language, which the prompt must be seen to use. */
  readonly foreign: readonly Foreign[];
  /** Whether a phrase may begin with it. */
  readonly opensPhrase: boolean;
  /** Languages it speaks for, one bit each: those that list it. */
  readonly languages: number;
}

/** Concepts of a word in the language of one bit. */
export interface Foreign {
  readonly language: number;
  readonly mask: Mask;
}

interface Pattern {
  mask: Mask;
  /** Those that list it by itself, not as part of a phrase. */
  languages: number;
  foreign: readonly Foreign[];
}

export interface LexiconConcepts {
  readonly critical: readonly string[];
  readonly structural: readonly string[];
  readonly defined: readonly string[];
}

interface PhraseNode {
  next: Map<number, PhraseNode> | null;
  mask: Mask | null;
}

const none: readonly never[] = [];

/** Bits of a number. */
const languagesMax = 32;
/** Words kept with what is known of them; beyond these the memory starts anew. */
const foundMax = 20_000;
/** Letters a word may add to a stem and still be the word that was disguised. */
const endingMax = 3;
const slipLettersMin = 5;
/** Of a critical word among several run together; shorter ones are found in innocent words. */
const criticalLettersMin = 4;
const joinedLettersMin = 7;
const joinedLettersMax = 60;
const wordLettersMax = 14;
/** Of words whose letters stand apart: shorter ones are found in any row of letters. */
const spacedLettersMin = 3;
const simple = /^[a-z]+\*?$/;

/** All word lists together: words, stems ("undress*"), phrases, and words hashed so that the lists do not spell them. */
export class Lexicon {
  readonly concepts: Concepts;
  readonly unknown: Word;
  readonly #exact = new Map<string, number>();
  readonly #stems = new Stems();
  readonly #dense = new Trie();
  readonly #hashed = new Map<number, number>();
  readonly #patterns: Pattern[] = [];
  /** Words that fit one pattern alone, by its number. */
  readonly #single: (Word | undefined)[] = [];
  readonly #found = new Map<string, Word>();
  readonly #phrases: PhraseNode = { next: null, mask: null };
  readonly #languages: readonly string[];
  /** The commonest words, with the languages they are of. */
  readonly #common = new Map<string, number>();
  readonly #slips = new Map<string, string>();
  readonly #meaningless = new Set<number>();
  readonly #critical: Mask;
  readonly #structural: Mask;
  /** Critical words by length and first letter. */
  readonly #criticalWords = new Map<string, string[]>();
  /** Which four letters critical words begin with, as a set of hashes: what holds none is no word run together. */
  readonly #beginnings = new Uint8Array(1 << 16);

  /**
   * `critical`: concepts worth finding behind a disguise; `structural`: those that the words of a phrase do not pass on
   * to it; `defined`: those that rules make and no list names.
   */
  constructor(lines: readonly WordLine[], { critical, structural, defined }: LexiconConcepts) {
    this.concepts = new Concepts([...defined, ...lines.map((line) => line.concept)]);
    this.unknown = { mask: this.concepts.empty(), patterns: [], foreign: [], opensPhrase: false, languages: 0 };
    this.#languages = [...new Set(lines.map(({ language }) => language))];
    if (this.#languages.length > languagesMax) throw new Error(`prompt rules: more than ${languagesMax} languages`);
    for (const line of lines) this.#add(line);
    this.#structural = this.concepts.mask(structural);
    this.#critical = this.concepts.mask(critical);
    for (const [word, number] of this.#exact) if (this.#isCritical(number)) this.#addCritical(word);
    for (const line of lines)
      if (line.language === "en" && critical.includes(line.concept)) this.#addSlips(line.entries);
  }

  #addCritical(word: string): void {
    const key = word.length + word[0]!;
    const alike = this.#criticalWords.get(key);
    if (alike === undefined) this.#criticalWords.set(key, [word]);
    else alike.push(word);
    if (word.length >= criticalLettersMin) this.#beginnings[fourLetters(word, 0)] = 1;
  }

  #addSlips(entries: readonly string[]): void {
    for (const entry of entries) {
      const word = entry.replace("*", "");
      if (word.length < slipLettersMin || !/^[a-z]+$/.test(word)) continue;
      for (const slip of slips(word)) this.#slips.set(slip, word);
    }
  }

  #add({ concept, language: name, entries, voting, guessed }: WordLine): void {
    const mask = concept === "" ? this.concepts.empty() : this.concepts.mask([concept]);
    const language = 1 << this.#languages.indexOf(name);
    for (const entry of entries) {
      if (entry.startsWith("#")) {
        const hash = Number.parseInt(entry.slice(1), 16);
        const number = this.#hashed.get(hash) ?? this.#newPattern();
        this.#hashed.set(hash, number);
        const pattern = this.#patterns[number]!;
        pattern.mask = both(pattern.mask, mask);
        continue;
      }
      const form = entry.startsWith("!") ? entry.slice(1) : entry;
      if (voting) {
        this.#common.set(form, (this.#common.get(form) ?? 0) | language);
        continue;
      }
      const number = this.#addWords(form, mask);
      if (number === null) continue;
      const pattern = this.#patterns[number]!;
      pattern.languages |= language;
      if (concept === "") this.#meaningless.add(number);
      else if (guessed || (isShort(form, name) && !entry.startsWith("!")))
        pattern.foreign = [...pattern.foreign, { language, mask }];
      else pattern.mask = both(pattern.mask, mask);
    }
  }

  /** The number of an entry of one word; a phrase is stored, with its meaning. */
  #addWords(entry: string, mask: Mask): number | null {
    if (simple.test(entry)) return this.#patternOf(entry);
    const words = entry.split(" ").flatMap((word) => (simple.test(word) ? word : textsOf(word)));
    if (words.length === 1) return this.#patternOf(words[0]!);
    let node = this.#phrases;
    for (const word of words) {
      const number = this.#patternOf(word);
      node.next ??= new Map();
      let next = node.next.get(number);
      if (next === undefined) {
        next = { next: null, mask: null };
        node.next.set(number, next);
      }
      node = next;
    }
    node.mask = node.mask === null ? mask : both(node.mask, mask);
    return null;
  }

  #newPattern(): number {
    return this.#patterns.push({ mask: this.unknown.mask, languages: 0, foreign: none }) - 1;
  }

  #patternOf(word: string): number {
    const isStem = word.endsWith("*");
    const key = isStem ? word.slice(0, -1) : word;
    const isDense = !isStem && !simple.test(key) && dense.test(key);
    const known = isStem ? this.#stems.get(key) : isDense ? this.#dense.get(key) : this.#exact.get(key);
    if (known !== undefined) return known;
    const number = this.#newPattern();
    if (isStem) this.#stems.set(key, number);
    else if (isDense) this.#dense.set(key, number);
    else this.#exact.set(key, number);
    return number;
  }

  /** What is known of a word in its normal form; `unknown` where nothing is. */
  find(form: string): Word {
    const known = this.#found.get(form);
    if (known !== undefined) return known;
    const word = this.#find(form);
    if (this.#found.size >= foundMax) this.#found.clear();
    this.#found.set(form, word);
    return word;
  }

  #find(form: string): Word {
    const exact = this.#exact.get(form);
    const common = this.#common.get(form) ?? 0;
    if (exact !== undefined && this.#meaningless.has(exact)) return this.#word([exact], common);
    const numbers = this.#stems.of(form);
    for (const number of numbers) if (this.#meaningless.has(number)) return this.#word([number], common);
    if (exact !== undefined) numbers.push(exact);
    const hashed =
      this.#hashed.get(hashOf(form)) ?? (form.endsWith("s") ? this.#hashed.get(hashOf(form.slice(0, -1))) : undefined);
    if (hashed !== undefined) numbers.push(hashed);
    return numbers.length === 0 && common === 0 ? this.unknown : this.#word(numbers, common);
  }

  #word(numbers: readonly number[], common: number): Word {
    const mask = this.concepts.empty();
    let foreign: readonly Foreign[] = none;
    let languages = common;
    let opensPhrase = false;
    for (const number of numbers) {
      const pattern = this.#patterns[number]!;
      join(mask, pattern.mask);
      languages |= pattern.languages;
      if (pattern.foreign.length > 0) foreign = [...foreign, ...pattern.foreign];
      opensPhrase ||= this.#phrases.next?.has(number) === true;
    }
    return { mask, patterns: numbers, foreign, opensPhrase, languages };
  }

  isEnglish({ languages }: Word): boolean {
    return (languages & (1 << this.#languages.indexOf("en"))) !== 0;
  }

  /** The known words in a run of letters without spaces, with what lies between them as unknown words. */
  cut(run: string): { text: string; kind: "dense"; word: Word }[] {
    const found: { text: string; kind: "dense"; word: Word }[] = [];
    let strange = 0;
    for (let at = 0; at < run.length; ) {
      const hit = this.#dense.longest(run, at);
      if (hit === null) {
        at++;
        continue;
      }
      if (strange < at) found.push({ text: run.slice(strange, at), kind: "dense", word: this.unknown });
      found.push({ text: run.slice(at, hit.end), kind: "dense", word: this.#singleWord(hit.value) });
      at = strange = hit.end;
    }
    if (strange < run.length) found.push({ text: run.slice(strange), kind: "dense", word: this.unknown });
    return found;
  }

  #singleWord(number: number): Word {
    const word = this.#single[number] ?? this.#word([number], 0);
    this.#single[number] = word;
    return word;
  }

  #isCritical(number: number): boolean {
    return meets(this.#patterns[number]!.mask, this.#critical);
  }

  /** The words that a disguise may stand for: one critical word, or several run together with a critical one among them. */
  unveil(form: string): readonly string[] | null {
    return this.isCritical(form) ? [form] : this.unravel(form);
  }

  isCritical(form: string): boolean {
    if (form.length < 3) return false;
    const exact = this.#exact.get(form);
    if (exact !== undefined && (this.#meaningless.has(exact) || this.#isCritical(exact)))
      return this.#isCritical(exact);
    if (this.#hashed.has(hashOf(form))) return true;
    const stem = this.#stems.longest(form);
    return stem !== null && form.length - stem.length <= endingMax && this.#isCritical(stem.number);
  }

  /** Whether a list has the word, or the beginning of it but for an ending. */
  isKnown(form: string): boolean {
    if (this.#exact.has(form) || this.#common.has(form)) return true;
    const stem = this.#stems.longest(form);
    return stem !== null && form.length - stem.length <= endingMax;
  }

  /** The fewest whole words that make up `form`; null unless one of them is critical and has four letters. */
  unravel(form: string): readonly string[] | null {
    if (form.length < joinedLettersMin || form.length > joinedLettersMax || !this.#mayHoldCritical(form)) return null;
    const words = this.#segments(form, 1);
    return words?.some((word) => word.length >= criticalLettersMin && this.isCritical(word)) ? words : null;
  }

  /** The known word, or the fewest of them, that letters set apart one by one spell; null where they spell none. */
  spelt(letters: string): readonly string[] | null {
    if (letters.length < criticalLettersMin || letters.length > joinedLettersMax) return null;
    return this.isKnown(letters) ? [letters] : this.#segments(letters, spacedLettersMin);
  }

  /** The fewest whole words of `least` letters or more that make up `form`. */
  #segments(form: string, least: number): readonly string[] | null {
    const best: (readonly string[] | undefined)[] = [[]];
    for (let at = 0; at < form.length; at++) {
      const before = best[at];
      if (before === undefined) continue;
      for (let end = at + least; end <= form.length && end <= at + wordLettersMax; end++) {
        if ((best[end]?.length ?? Number.POSITIVE_INFINITY) <= before.length + 1) continue;
        const word = form.slice(at, end);
        if (this.#exact.has(word) || this.#common.has(word)) best[end] = [...before, word];
      }
    }
    return best[form.length] ?? null;
  }

  #mayHoldCritical(form: string): boolean {
    for (let at = 0; at + criticalLettersMin <= form.length; at++) {
      if (this.#beginnings[fourLetters(form, at)] === 1) return true;
    }
    return false;
  }

  /** A critical word for a likely slip of the hand. */
  unslip(form: string): string | undefined {
    return form.length >= slipLettersMin - 1 ? this.#slips.get(form) : undefined;
  }

  /** The one critical word that fits letters with asterisks for some of them. */
  fill(masked: string): string | undefined {
    if (masked.length < 3 || masked.startsWith("*")) return undefined;
    return this.#criticalWords
      .get(masked.length + masked[0]!)
      ?.find((word) => [...masked].every((letter, at) => letter === "*" || letter === word[at]));
  }

  /** The longest phrase whose words fit, from the first of `words` on. It means what it is listed for and what its words mean, or nothing at all. */
  phrase(words: readonly Word[], from: number): { end: number; mask: Mask } | null {
    const best = this.#longest(this.#phrases, words, from);
    if (best === null || isEmpty(best.mask)) return best;
    const mask = best.mask.slice();
    for (const word of words.slice(from, best.end)) join(mask, without(word.mask, this.#structural));
    return { end: best.end, mask };
  }

  #longest(node: PhraseNode, words: readonly Word[], at: number): { end: number; mask: Mask } | null {
    let best = node.mask === null ? null : { end: at, mask: node.mask };
    const word = words[at];
    if (word === undefined || node.next === null) return best;
    for (const number of word.patterns) {
      const next = node.next.get(number);
      const found = next === undefined ? null : this.#longest(next, words, at + 1);
      if (found === null) continue;
      if (best === null || found.end > best.end) best = found;
      else if (found.end === best.end) best = { end: best.end, mask: bothOrNothing(best.mask, found.mask) };
    }
    return best;
  }
}

/** Of two phrases of the same words: what either means, or nothing where one is listed as having no meaning. */
function bothOrNothing(one: Mask, other: Mask): Mask {
  if (isEmpty(one) || isEmpty(other)) return isEmpty(one) ? one : other;
  return both(one, other);
}

/** What either means. Patterns share masks, so that none may be changed in place. */
function both(one: Mask, other: Mask): Mask {
  if (isEmpty(one)) return other;
  const joined = one.slice();
  join(joined, other);
  return joined;
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

function textsOf(word: string): string[] {
  return word.endsWith("*") ? [word] : pieces(word).map(({ text }) => text);
}

function fourLetters(text: string, at: number): number {
  let hash = 0;
  for (let letter = at; letter < at + 4; letter++) hash = Math.imul(hash, 31) + text.charCodeAt(letter);
  return hash & 0xffff;
}
