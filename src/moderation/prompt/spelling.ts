import { asCyrillic, asLatin, scriptsOf } from "./normalise.ts";

const figures: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "2": "z",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "g",
  "7": "t",
  "8": "b",
  "9": "g",
  "@": "a",
  $: "s",
  "!": "i",
  "+": "t",
  "€": "e",
  "£": "l",
  "¢": "c",
  "|": "l",
  "(": "c",
  "%": "x",
};

/** Figures and signs read as the letters they stand for ("cl0the$"); the 1 as an i, then as an l. */
function unmasked(chunk: string): string[] {
  if (!/\p{L}/u.test(chunk) || !/[0-9@$!+€£¢|(%]/.test(chunk)) return [];
  const read = chunk.replace(/[0-9@$!+€£¢|(%]/g, (sign) => figures[sign]!);
  return chunk.includes("1")
    ? [read, chunk.replace(/1/g, "l").replace(/[0-9@$!+€£¢|(%]/g, (sign) => figures[sign]!)]
    : [read];
}

/** Letters of a word that figures or dots are taken to hide, unless the word is critical. */
const maskedLettersMin = 4;

const inner = /[^\p{L}\p{N}]+/gu;
const closing = /["'“”‘’)\]}>*_~.,;:?!]/u;
const unspelt = /[^\p{L}\p{N}]/u;

/**
 * A text without the signs at its end. By character: a pattern with `+$` would start anew at each sign of a run that ends
 * elsewhere.
 *
 * @param sign of one character
 */
export function trimmedEnd(text: string, sign: Pick<RegExp, "test">): string {
  let end = text.length;
  for (const character of [...text].reverse()) {
    if (!sign.test(character)) break;
    end -= character.length;
  }
  return text.slice(0, end);
}

/** Whether signs inside a chunk tear a word apart ("n.u.d.e", "na-ked") and do not merely join two ("nude-coloured"). */
function isTorn(chunk: string): boolean {
  const parts = chunk.split(inner);
  return parts.length > 1 && parts.some((part) => part.length > 0 && part.length <= 2);
}

/** What a chunk that is not plain letters may have been meant to spell, most likely first. */
export function readings(chunk: string): string[] {
  const opened = chunk.replace(/^["'“”‘’([{<*_~.,;:?!]+/u, "");
  const bare = trimmedEnd(opened, closing).replace(/(?<=\p{L}{3})['’`´]s$/u, "");
  const found = unmasked(bare).flatMap((read) => [read, read.replace(inner, "")]);
  if (isTorn(bare)) found.push(bare.replace(inner, ""));
  return found.filter((read) => /^\p{L}+$/u.test(read));
}

/**
 * The same where figures, signs or dots stand between letters, as no word has them ("wh1te", "und.ress", "T.r.u.m.p"):
 * such a chunk is a disguise whatever the word it hides.
 */
export function maskedWords(chunk: string): string[] {
  const bare = trimmedEnd(chunk.replace(/^[^\p{L}\p{N}@$]+/u, ""), unspelt);
  const parted = bare.replace(/(?<=\p{L})[._*~|•·]+(?=\p{L})/gu, "");
  const found = /\p{L}[0-9@$!|€£]+\p{L}/u.test(parted) ? unmasked(parted) : parted === bare ? [] : [parted];
  return found.filter((read) => read.length >= maskedLettersMin && /^\p{L}+$/u.test(read));
}

/** What a word that no list holds may have been meant to spell: other alphabets' letters, a v for a u, drawn-out letters. */
export function respellings(word: string): string[] {
  const found: string[] = [];
  const { latin, foreign } = scriptsOf(word);
  if (foreign) {
    const plain = asLatin(word);
    if (plain !== null) found.push(plain);
    if (latin) found.push(asCyrillic(word));
  }
  if (word.includes("v")) found.push(word.replaceAll("vv", "w"), word.replaceAll("v", "u"));
  if (/(.)\1/u.test(word)) {
    found.push(word.replace(/(.)\1{2,}/gu, "$1$1"), word.replace(/(.)\1{2,}/gu, "$1"), word.replace(/(.)\1+/gu, "$1"));
  }
  return found;
}

/** What a word of letters of two alphabets looks like in either: no language mixes them within a word. */
export function mixedScripts(word: string): string[] {
  const { latin, foreign } = scriptsOf(word);
  if (!latin || !foreign) return [];
  const plain = asLatin(word);
  return plain === null ? [asCyrillic(word)] : [plain, asCyrillic(word)];
}

/** Slips of the hand: a letter left out, doubled or swapped with its neighbour, never the first; or all vowels left out. */
export function slips(word: string): string[] {
  const bare = word[0]! + word.slice(1).replace(/[aeiou]/g, "");
  const found: string[] = bare.length >= 4 ? [bare] : [];
  for (let at = 1; at < word.length; at++) {
    found.push(word.slice(0, at) + word.slice(at + 1));
    found.push(word.slice(0, at) + word[at]! + word.slice(at));
    if (at + 1 < word.length) found.push(word.slice(0, at) + word[at + 1]! + word[at]! + word.slice(at + 2));
  }
  return found;
}
