import { lookalikes, stylised } from "./lookalikes.ts";

/** Accents, vowel points and strokes laid over letters; Indic, Thai and kana marks are letters of their own and stay. */
const accents =
  "\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05c7\\u064b-\\u065f\\u0670\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f";
/** Control characters but for blanks and ends of lines, and the place of an object: image models read words across them. */
const controls = "\\u0001-\\u0008\\u000b\\u000e-\\u001f\\u007f-\\u009f\\ufffc";
/** ASCII without these. */
const ascii = /^[\t\n\f\r -~]*$/;
const unseen = new RegExp(`[${accents}${controls}\\p{Default_Ignorable_Code_Point}\\u0640]`, "gu");
const styled = new RegExp(`[${[...stylised.keys()].join("")}]`, "gu");

/**
 * One spelling for what looks the same: compatibility forms (fullwidth, mathematical, circled, superscript) become plain
 * letters, accents, invisible and control characters go, small capitals and flag letters become letters, all in lower case.
 * Linear in the length of the text.
 */
export function normalise(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return text
    .replace(styled, (character) => stylised.get(character)!)
    .normalize("NFKD")
    .replace(unseen, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[ıłøđðħæœßþŧ]/g, (letter) => unaccented[letter]!);
}

const unaccented: Readonly<Record<string, string>> = {
  ı: "i",
  ł: "l",
  ø: "o",
  đ: "d",
  ð: "d",
  ħ: "h",
  æ: "ae",
  œ: "oe",
  ß: "ss",
  þ: "th",
  ŧ: "t",
};

const latin = /[a-z]/;
const foreign = /[\u0370-\u03ff\u0400-\u052f\u0531-\u058f]/;

/** A word with every Cyrillic, Greek or Armenian letter that passes for a Latin one replaced; null where one does not. */
export function asLatin(word: string): string | null {
  let out = "";
  for (const letter of word) {
    const plain = foreign.test(letter) ? lookalikes.get(letter) : letter;
    if (plain === undefined) return null;
    out += plain;
  }
  return out;
}

/** The same the other way: Latin letters set into a Cyrillic word. */
export function asCyrillic(word: string): string {
  let out = "";
  for (const letter of word) out += cyrillic.get(letter) ?? letter;
  return out;
}

const cyrillic = new Map(
  [...lookalikes]
    .filter(([letter]) => letter >= "\u0430" && letter <= "\u044f")
    .map(([letter, plain]): [string, string] => [plain, letter])
    .reverse(),
);

export function scriptsOf(word: string): { latin: boolean; foreign: boolean } {
  return { latin: latin.test(word), foreign: foreign.test(word) };
}
