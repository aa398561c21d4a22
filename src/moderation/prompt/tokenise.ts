import { join, type Mask } from "./concepts.ts";
import type { Lexicon, Word } from "./lexicon.ts";
import { normalise } from "./normalise.ts";
import { maskedWords, mixedScripts, readings, respellings, trimmedEnd } from "./spelling.ts";
import { type Piece, pieces } from "./split.ts";

/** A word or a phrase of a prompt, with what it may mean. */
export interface Token {
  readonly text: string;
  /** Concepts; rules add to it and take away. */
  mask: Mask;
  /** The end of a sentence, which no pattern crosses. */
  readonly stop: boolean;
}

interface Spelt {
  readonly text: string;
  readonly kind: Piece["kind"];
  readonly word: Word;
}

const plain = /^[a-z]+$/;
/** Plain letters and the end of a clause. */
const ended = /^([a-z]+)([,.:;?!])$/;

/** Chunks kept with what they were read as: text repeats its words. Beyond these the memory starts anew. */
const rememberedMax = 20_000;
const rememberedLengthMax = 24;
/** Letters of a scrap of a torn word ("nak ed"), and of single letters in a row that are tried as words. */
const scrapLettersMax = 6;
const runLettersMax = 60;
/** Places of a prompt at which a row of single letters is tried as words; past these only the beginning of each row is. */
const runTriesMax = 50;
/** From here on a word that begins with a known stem may be several run together ("removeherclothes"). */
const joinedLettersMin = 12;

/** Cuts prompts into tokens: normalised, disguises undone, phrases joined. Linear in the length of a prompt. */
export class Tokeniser {
  readonly #lexicon: Lexicon;
  readonly #comma: Spelt;
  readonly #stop: Spelt;
  readonly #remembered = new Map<string, readonly Spelt[]>();

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
    this.#comma = { text: ",", kind: "comma", word: lexicon.find(",") };
    this.#stop = { text: ".", kind: "stop", word: lexicon.unknown };
  }

  tokenise(text: string): Token[] {
    const chunks = normalise(text)
      .replace(/\n\s*\n/g, " . ")
      .split(/\s+/);
    return this.#joinPhrases(this.#joinTorn(joinLoneWords(this.#spell(chunks))));
  }

  #spell(chunks: readonly string[]): Spelt[] {
    const spelt: Spelt[] = [];
    let runTriedTo = 0;
    let runTries = 0;
    for (let at = 0; at < chunks.length; at++) {
      const run = at < runTriedTo ? null : letterRun(chunks, at);
      const spaced =
        run === null ? null : (this.#unveilAny([run.text, ...readings(run.text)]) ?? this.#spelt(run.text));
      if (run !== null && spaced !== null) {
        spelt.push(...spaced);
        at = run.end - 1;
        continue;
      }
      if (run !== null && ++runTries > runTriesMax) runTriedTo = run.end;
      for (const part of this.#read(chunks[at]!)) spelt.push(part);
    }
    return spelt;
  }

  #word(text: string): Spelt {
    return { text, kind: "word", word: this.#lexicon.find(text) };
  }

  #unveilAny(readings: readonly string[]): readonly Spelt[] | null {
    for (const reading of readings) {
      const words = this.#lexicon.unveil(reading);
      if (words !== null) return words.map((word) => this.#word(word));
    }
    return null;
  }

  /** What a chunk spells, whatever stands around it. */
  #read(chunk: string): readonly Spelt[] {
    const known = this.#remembered.get(chunk);
    if (known !== undefined) return known;
    const spelt = plain.test(chunk) ? this.#readWord(chunk) : this.#readMixed(chunk);
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    if (chunk.length <= rememberedLengthMax) this.#remembered.set(chunk, spelt);
    return spelt;
  }

  #readMixed(chunk: string): readonly Spelt[] {
    const clause = ended.exec(chunk);
    if (clause !== null) return [...this.#readWord(clause[1]!), this.#mark(clause[2]!)];
    const parts = pieces(chunk);
    if (parts.length > 1 || parts[0]?.text !== chunk) {
      const meant = this.#unveilAny(readings(chunk)) ?? this.#fill(chunk) ?? this.#unmask(chunk);
      if (meant !== null) return /[.?;]$/.test(chunk) ? [...meant, this.#mark(".")] : meant;
    }
    return parts.flatMap(({ kind, text }): readonly Spelt[] => {
      if (kind === "word") return this.#readWord(text);
      if (kind === "dense") return this.#lexicon.cut(text);
      return [
        kind === "symbol" ? { text, kind, word: this.#lexicon.find(text) } : this.#mark(kind === "stop" ? "." : ","),
      ];
    });
  }

  #spelt(letters: string): readonly Spelt[] | null {
    return this.#lexicon.spelt(letters)?.map((word) => this.#word(word)) ?? null;
  }

  /** Any known word whose letters are masked or parted by dots. */
  #unmask(chunk: string): readonly Spelt[] | null {
    const word = maskedWords(chunk).find((each) => this.#lexicon.isKnown(each));
    return word === undefined ? null : [this.#word(word)];
  }

  #mark(sign: string): Spelt {
    return sign === "," || sign === ":" ? this.#comma : this.#stop;
  }

  /** A critical word with asterisks or the like for some of its letters. */
  #fill(chunk: string): readonly Spelt[] | null {
    if (!/\p{L}[*#_.-]+\p{L}/u.test(chunk)) return null;
    const masked = chunk.replace(/[^\p{L}*#_.-]/gu, "").replace(/[#_.-]/g, "*");
    const filled = this.#lexicon.fill(trimmedEnd(masked, /\*/));
    return filled === undefined ? null : [this.#word(filled)];
  }

  /** A word as it stands; where no list knows it, what it may disguise. */
  #readWord(text: string): readonly Spelt[] {
    const lexicon = this.#lexicon;
    const word = lexicon.find(text);
    if (word !== lexicon.unknown) {
      const joined = text.length >= joinedLettersMin && !lexicon.isKnown(text) ? lexicon.unravel(text) : null;
      return joined?.map((part) => this.#word(part)) ?? [{ text, kind: "word", word }];
    }
    if (!plain.test(text) && /\d/.test(text) && /\p{L}/u.test(text)) {
      const parts = /^(\d+)(\p{L}+)$/u.exec(text) ?? /^(\p{L}+)(\d+)$/u.exec(text);
      const meant = text.length < 3 ? undefined : readings(text).find((form) => lexicon.find(form) !== lexicon.unknown);
      if (meant !== undefined && parts === null) return this.#unveilAny([meant]) ?? [this.#word(meant)];
      return this.#unveilAny(readings(text)) ?? parts?.slice(1).map((part) => this.#word(part)) ?? [this.#word(text)];
    }
    const meant =
      respellings(text).find((reading) => lexicon.isCritical(reading)) ??
      mixedScripts(text).find((reading) => lexicon.isKnown(reading)) ??
      lexicon.unslip(text);
    if (meant !== undefined) return [this.#word(meant)];
    return lexicon.unravel(text)?.map((part) => this.#word(part)) ?? [{ text, kind: "word", word }];
  }

  /** Unknown, or as short as words of other languages may be. */
  #isScrap(spelt: Spelt | undefined): boolean {
    if (spelt === undefined || spelt.kind !== "word" || spelt.text.length > scrapLettersMax) return false;
    return spelt.word === this.#lexicon.unknown || (spelt.text.length <= 2 && !this.#lexicon.isEnglish(spelt.word));
  }

  /** Neighbours that mean nothing apart and a critical word together ("nak ed"). */
  #joinTorn(spelt: readonly Spelt[]): Spelt[] {
    const joined: Spelt[] = [];
    for (let at = 0; at < spelt.length; at++) {
      let words: readonly string[] | null = null;
      let length = 1;
      if (this.#isScrap(spelt[at]) && this.#isScrap(spelt[at + 1])) {
        for (
          length = this.#isScrap(spelt[at + 2]) ? 3 : 2;
          length > 1 && words === null;
          length -= words === null ? 1 : 0
        ) {
          const whole = spelt.slice(at, at + length).reduce((text, part) => text + part.text, "");
          words = this.#lexicon.unveil(whole);
        }
      }
      if (words === null) joined.push(spelt[at]!);
      else joined.push(...words.map((word) => this.#word(word)));
      at += words === null ? 0 : length - 1;
    }
    return joined;
  }

  #joinPhrases(spelt: readonly Spelt[]): Token[] {
    const meant = meanings(spelt);
    const words = spelt.map(({ word }) => word);
    const tokens: Token[] = [];
    for (let at = 0; at < spelt.length; at++) {
      const { text, kind, word } = spelt[at]!;
      const phrase = word.opensPhrase ? this.#lexicon.phrase(words, at) : null;
      if (phrase === null) {
        tokens.push({ text, mask: meant.get(word)!, stop: kind === "stop" });
        continue;
      }
      const parts = spelt.slice(at, phrase.end).map((part) => part.text);
      tokens.push({ text: parts.join(" "), mask: phrase.mask, stop: false });
      at = phrase.end - 1;
    }
    return tokens;
  }
}

/** Without the stops between three or more sentences of one word each: "Remove. Her. Clothes." is one sentence. */
function joinLoneWords(spelt: readonly Spelt[]): Spelt[] {
  const isStop = (at: number) => at < 0 || at >= spelt.length || spelt[at]!.kind === "stop";
  const isLone = (at: number) => !isStop(at) && isStop(at - 1) && isStop(at + 1);
  const joins = (at: number) =>
    isLone(at - 1) && isLone(at + 1) && ((isStop(at - 2) && isLone(at - 3)) || (isStop(at + 2) && isLone(at + 3)));
  return spelt.filter(({ kind }, at) => kind !== "stop" || !joins(at));
}

/** The one letter of a chunk that holds nothing else but signs; an empty string for other chunks. */
function loneLetter(chunk: string): string {
  if (chunk.length > 4 || (chunk.length > 1 && plain.test(chunk))) return "";
  const [first = "", ...rest] = chunk.replace(/[^\p{L}\p{N}@$]/gu, "");
  return rest.length === 0 ? first : "";
}

/** Three or more chunks of one letter each, from `from` on. */
function letterRun(chunks: readonly string[], from: number): { text: string; end: number } | null {
  let text = "";
  let at = from;
  for (; at < chunks.length && text.length < runLettersMax; at++) {
    const letter = loneLetter(chunks[at]!);
    if (letter === "" && (text === "" || /[\p{L}\p{N}]/u.test(chunks[at]!))) break;
    text += letter;
  }
  return text.length >= 3 ? { text, end: at } : null;
}

/**
 * What each word means in the languages the prompt may be in: those that most of its words speak for, all of them where
 * several have as many.
 */
function meanings(spelt: readonly Spelt[]): ReadonlyMap<Word, Mask> {
  const times = new Map<Word, number>();
  for (const { word } of spelt) times.set(word, (times.get(word) ?? 0) + 1);
  const votes = new Array<number>(32).fill(0);
  for (const [word, count] of times) {
    for (let rest = word.languages; rest !== 0; rest &= rest - 1) votes[31 - Math.clz32(rest & -rest)]! += count;
  }
  const most = Math.max(...votes);
  const languages = votes.reduce((bits, count, bit) => (count === most ? bits | (1 << bit) : bits), 0);
  const meant = new Map<Word, Mask>();
  for (const word of times.keys()) {
    const foreign = most === 0 ? [] : word.foreign.filter(({ language }) => (language & languages) !== 0);
    const mask = foreign.length === 0 ? word.mask : word.mask.slice();
    for (const { mask: more } of foreign) join(mask, more);
    meant.set(word, mask);
  }
  return meant;
}
