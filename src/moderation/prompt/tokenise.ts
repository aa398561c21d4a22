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

/** A prompt as tokens: normalised, cut, disguises undone, phrases joined. Linear in its length. */
export function tokenise(text: string, lexicon: Lexicon): Token[] {
  const seen = new Map<string, Word>();
  const find = (form: string): Word => {
    const known = seen.get(form) ?? lexicon.find(form);
    seen.set(form, known);
    return known;
  };
  const chunks =
    normalise(text)
      .replace(/\n\s*\n/g, " . ")
      .match(/\S+/g) ?? [];
  const spelt = joinTorn(spell(chunks, lexicon, find), lexicon, find);
  return phrased(spelt, lexicon);
}

/** The one letter of a chunk that holds nothing else but signs; an empty string for other chunks. */
function loneLetter(chunk: string): string {
  if (chunk.length > 4) return "";
  const [first = "", ...rest] = chunk.replace(/[^\p{L}\p{N}@$]/gu, "");
  return rest.length === 0 ? first : "";
}

function spell(chunks: readonly string[], lexicon: Lexicon, find: (form: string) => Word): Spelt[] {
  const out: Spelt[] = [];
  const put = (text: string) => out.push({ text, kind: "word", word: find(text) });
  for (let at = 0; at < chunks.length; at++) {
    const run = letterRun(chunks, at);
    const spaced = run === null ? null : unveilAny(run.text, lexicon);
    if (run !== null && spaced !== null) {
      spaced.forEach(put);
      at = run.end - 1;
      continue;
    }
    const chunk = chunks[at]!;
    if (plain.test(chunk)) putWord(chunk, lexicon, find, put);
    else spellMixed(chunk, lexicon, find, out, put);
  }
  return out;
}

/** Three or more chunks of one letter each, from `from` on. */
function letterRun(chunks: readonly string[], from: number): { text: string; end: number } | null {
  let text = "";
  let at = from;
  for (; at < chunks.length && text.length < 60; at++) {
    const letter = loneLetter(chunks[at]!);
    if (letter === "" && /[\p{L}\p{N}]/u.test(chunks[at]!)) break;
    text += letter;
  }
  return text.length >= 3 ? { text, end: at } : null;
}

function unveilAny(form: string, lexicon: Lexicon): readonly string[] | null {
  for (const reading of [form, ...readings(form)]) {
    const words = lexicon.unveil(reading);
    if (words !== null) return words;
  }
  return null;
}

function spellMixed(
  chunk: string,
  lexicon: Lexicon,
  find: (form: string) => Word,
  out: Spelt[],
  put: (text: string) => void,
): void {
  const parts = pieces(chunk);
  if (parts.length > 1 || parts[0]?.text !== chunk) {
    const meant = meaningOf(chunk, lexicon);
    if (meant !== null) {
      meant.forEach(put);
      if (/[.?;]$/.test(chunk)) out.push({ text: ".", kind: "stop", word: lexicon.unknown });
      return;
    }
  }
  for (const { kind, text } of parts) {
    if (kind === "word") putWord(text, lexicon, find, put);
    else if (kind === "dense") for (const piece of lexicon.cut(text)) out.push({ ...piece, kind });
    else out.push({ text, kind, word: find(kind === "comma" ? "," : text) });
  }
}

function meaningOf(chunk: string, lexicon: Lexicon): readonly string[] | null {
  for (const reading of readings(chunk)) {
    const words = lexicon.unveil(reading);
    if (words !== null) return words;
  }
  const filled = /\p{L}[*#_.-]+\p{L}/u.test(chunk)
    ? lexicon.fill(
        chunk
          .replace(/[^\p{L}*#_.-]/gu, "")
          .replace(/[#_.-]/g, "*")
          .replace(/\*$/, ""),
      )
    : undefined;
  return filled === undefined ? null : [filled];
}

/** A word as it stands; where no list knows it, what it may disguise. */
function putWord(word: string, lexicon: Lexicon, find: (form: string) => Word, put: (text: string) => void): void {
  if (find(word) !== lexicon.unknown || lexicon.votes(word).length > 0) {
    put(word);
    return;
  }
  const digits = /^(\d+)(\p{L}+)$/u.exec(word) ?? /^(\p{L}+)(\d+)$/u.exec(word);
  if (/\d/.test(word) && /\p{L}/u.test(word)) {
    const meant = readings(word)
      .map((reading) => lexicon.unveil(reading))
      .find((words) => words !== null);
    for (const part of meant ?? digits?.slice(1) ?? [word]) put(part);
    return;
  }
  const words = disguised(word, lexicon);
  if (words === null) put(word);
  else words.forEach(put);
}

function disguised(word: string, lexicon: Lexicon): readonly string[] | null {
  const meant = respellings(word).find((reading) => lexicon.isCritical(reading)) ?? lexicon.unslip(word);
  return meant === undefined ? lexicon.unravel(word) : [meant];
}

/** Neighbours that mean nothing apart and a critical word together ("nak ed"). */
function joinTorn(spelt: readonly Spelt[], lexicon: Lexicon, find: (form: string) => Word): Spelt[] {
  const isScrap = (at: number) => {
    const { text, kind, word } = spelt[at] ?? { text: "", kind: "stop", word: lexicon.unknown };
    return kind === "word" && text.length <= 6 && word === lexicon.unknown && lexicon.votes(text).length === 0;
  };
  const out: Spelt[] = [];
  for (let at = 0; at < spelt.length; at++) {
    const here = spelt[at]!;
    let words: readonly string[] | null = null;
    let length = 0;
    if (isScrap(at) && isScrap(at + 1)) {
      for (length = isScrap(at + 2) ? 3 : 2; length >= 2 && words === null; length--) {
        const joined = spelt
          .slice(at, at + length)
          .map(({ text }) => text)
          .join("");
        words = joined.length >= 4 ? lexicon.unveil(joined) : null;
        if (words !== null) break;
      }
    }
    if (words === null) out.push(here);
    else {
      for (const text of words) out.push({ text, kind: "word", word: find(text) });
      at += length - 1;
    }
  }
  return out;
}

function phrased(spelt: readonly Spelt[], lexicon: Lexicon): Token[] {
  const language = languageOf(spelt, lexicon);
  const words = spelt.map(({ word }) => word);
  const tokens: Token[] = [];
  for (let at = 0; at < spelt.length; at++) {
    const { text, kind, word } = spelt[at]!;
    const phrase = word.patterns.length === 0 ? null : lexicon.phrase(words, at);
    if (phrase !== null) {
      const text = spelt
        .slice(at, at + phrase.length)
        .map((part) => part.text)
        .join(" ");
      tokens.push({ text, mask: phrase.mask, stop: false });
      at += phrase.length - 1;
      continue;
    }
    let { mask } = word;
    for (const { language: needed, mask: more } of word.foreign) {
      if (!language.has(needed)) continue;
      mask = mask.slice();
      join(mask, more);
    }
    tokens.push({ text, mask, stop: kind === "stop" });
  }
  return tokens;
}

/** The languages a prompt may be in: those with the most of its common words, none where it has no common words. */
function languageOf(spelt: readonly Spelt[], lexicon: Lexicon): ReadonlySet<string> {
  const votes = new Map<string, number>();
  for (const { text } of spelt) {
    for (const language of lexicon.votes(text)) votes.set(language, (votes.get(language) ?? 0) + 1);
  }
  const most = Math.max(0, ...votes.values());
  return new Set([...votes].filter(([, count]) => count === most).map(([language]) => language));
}
