import { join, type Mask } from "./concepts.ts";
import type { Lexicon, Word } from "./lexicon.ts";
import { normalise } from "./normalise.ts";
import { readings, respellings } from "./spelling.ts";
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
/** From here on a word that begins with a known stem may be several run together ("removeherclothes"). */
const joinedLettersMin = 12;

/** Cuts prompts into tokens: normalised, disguises undone, phrases joined. Linear in the length of a prompt. */
export class Tokeniser {
  readonly #lexicon: Lexicon;
  readonly #remembered = new Map<string, readonly Spelt[]>();

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
  }

  tokenise(text: string): Token[] {
    const chunks = normalise(text)
      .replace(/\n\s*\n/g, " . ")
      .split(/\s+/);
    return this.#joinPhrases(this.#joinTorn(this.#spell(chunks)));
  }

  #spell(chunks: readonly string[]): Spelt[] {
    const spelt: Spelt[] = [];
    for (let at = 0; at < chunks.length; at++) {
      const run = letterRun(chunks, at);
      const spaced = run === null ? null : this.#unveilAny([run.text, ...readings(run.text)]);
      if (run !== null && spaced !== null) {
        spelt.push(...spaced);
        at = run.end - 1;
      } else for (const part of this.#read(chunks[at]!)) spelt.push(part);
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
      const meant = this.#unveilAny(readings(chunk)) ?? this.#fill(chunk);
      if (meant !== null) return /[.?;]$/.test(chunk) ? [...meant, this.#mark(".")] : meant;
    }
    return parts.flatMap(({ kind, text }): readonly Spelt[] => {
      if (kind === "word") return this.#readWord(text);
      if (kind === "dense") return this.#lexicon.cut(text).map((piece) => ({ ...piece, kind }));
      return [
        kind === "symbol" ? { text, kind, word: this.#lexicon.find(text) } : this.#mark(kind === "stop" ? "." : ","),
      ];
    });
  }

  #mark(sign: string): Spelt {
    return /[.!?;]/.test(sign)
      ? { text: ".", kind: "stop", word: this.#lexicon.unknown }
      : { text: ",", kind: "comma", word: this.#lexicon.find(",") };
  }

  /** A critical word with asterisks or the like for some of its letters. */
  #fill(chunk: string): readonly Spelt[] | null {
    if (!/\p{L}[*#_.-]+\p{L}/u.test(chunk)) return null;
    const masked = chunk
      .replace(/[^\p{L}*#_.-]/gu, "")
      .replace(/[#_.-]/g, "*")
      .replace(/\*+$/, "");
    const filled = this.#lexicon.fill(masked);
    return filled === undefined ? null : [this.#word(filled)];
  }

  /** A word as it stands; where no list knows it, what it may disguise. */
  #readWord(text: string): readonly Spelt[] {
    const lexicon = this.#lexicon;
    const word = lexicon.find(text);
    if (word !== lexicon.unknown) {
      const joined = text.length >= joinedLettersMin ? lexicon.unravel(text) : null;
      return joined?.map((part) => this.#word(part)) ?? [{ text, kind: "word", word }];
    }
    if (!plain.test(text) && /\d/.test(text) && /\p{L}/u.test(text)) {
      const parts = /^(\d+)(\p{L}+)$/u.exec(text) ?? /^(\p{L}+)(\d+)$/u.exec(text);
      return this.#unveilAny(readings(text)) ?? parts?.slice(1).map((part) => this.#word(part)) ?? [this.#word(text)];
    }
    const meant = respellings(text).find((reading) => lexicon.isCritical(reading)) ?? lexicon.unslip(text);
    if (meant !== undefined) return [this.#word(meant)];
    return lexicon.unravel(text)?.map((part) => this.#word(part)) ?? [{ text, kind: "word", word }];
  }

  /** Unknown, or as short as words of other languages may be. */
  #isScrap(spelt: Spelt | undefined): boolean {
    if (spelt === undefined || spelt.kind !== "word" || spelt.text.length > scrapLettersMax) return false;
    return spelt.word === this.#lexicon.unknown || (spelt.text.length <= 2 && !spelt.word.votes.includes("en"));
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
    const languages = languagesOf(spelt);
    const words = spelt.map(({ word }) => word);
    const tokens: Token[] = [];
    for (let at = 0; at < spelt.length; at++) {
      const { text, kind, word } = spelt[at]!;
      const phrase = word.patterns.length === 0 ? null : this.#lexicon.phrase(words, at);
      if (phrase === null) {
        tokens.push({ text, mask: meaningIn(languages, word), stop: kind === "stop" });
        continue;
      }
      const parts = spelt.slice(at, phrase.end).map((part) => part.text);
      tokens.push({ text: parts.join(" "), mask: phrase.mask, stop: false });
      at = phrase.end - 1;
    }
    return tokens;
  }
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

/** The languages a prompt may be in: those with the most of its common words, none where it has no common words. */
function languagesOf(spelt: readonly Spelt[]): ReadonlySet<string> {
  const votes = new Map<string, number>();
  for (const { word } of spelt) for (const language of word.votes) votes.set(language, (votes.get(language) ?? 0) + 1);
  const most = Math.max(0, ...votes.values());
  return new Set([...votes].filter(([, count]) => count === most).map(([language]) => language));
}

function meaningIn(languages: ReadonlySet<string>, { mask, foreign }: Word): Mask {
  const meant = foreign.filter(({ language }) => languages.has(language));
  if (meant.length === 0) return mask;
  const all = mask.slice();
  for (const { mask: more } of meant) join(all, more);
  return all;
}
