import type { Reading } from "./reading.ts";

/** A part of a prompt that is judged as a whole. */
export interface Portion {
  readonly text: string;
  /** What the classifier makes of it: the logarithm of the odds that it breaks a rule. */
  readonly worded: number;
  /** What the reader makes of it. */
  readonly reading: Reading;
}

/** Characters that what learnt from short prompts can judge as a whole; the reader sees no more of most languages. */
export const wholeCharactersMax = 400;
/** Characters of a portion of a longer one: the shorter, the less stands around what must be found. */
export const portionCharactersMax = 200;

/** Blanks and what is not seen, more than anybody sets between two words. */
const blanks = /[\s\p{Cc}\p{Default_Ignorable_Code_Point}]{4,}/gu;
/** One sign more often than anybody means it, or than masks the letters of a word. */
const signs = /([^\p{L}\p{N}\s])\1{9,}/gu;

/**
 * A prompt without what would push its words apart or out of sight and says nothing: of many blanks one, or the end of the
 * line or paragraph that they hold; of many like signs three.
 */
export function unpadded(prompt: string): string {
  return prompt.replace(blanks, blankOf).replace(signs, "$1$1$1");
}

function blankOf(run: string): string {
  const lines = run.split("\n").length - 1;
  if (lines > 0) return "\n".repeat(Math.min(lines, 2));
  return /\s/.test(run) ? " " : "";
}

/** A prompt, in whole sentences where it is too long to be judged as a whole, in whole words where a sentence is. Nothing is left out. */
export function portionsOf(prompt: string): string[] {
  if (prompt.length <= wholeCharactersMax) return [prompt];
  const sentences = prompt.split(/(?<=[.!?;。！？؟।…\n])/u);
  const pieces = sentences.flatMap((sentence) =>
    sentence.length <= portionCharactersMax ? [sentence] : packed(sentence.split(/(?<=\s)/u).flatMap(cut)),
  );
  return packed(pieces);
}

/** As many neighbours together as fit. */
function packed(pieces: readonly string[]): string[] {
  const portions: string[] = [];
  let open = "";
  for (const piece of pieces) {
    if (open !== "" && open.length + piece.length > portionCharactersMax) {
      portions.push(open);
      open = "";
    }
    open += piece;
  }
  return open === "" ? portions : [...portions, open];
}

/** What has no spaces is cut anywhere. */
function cut(word: string): string[] {
  const count = Math.ceil(word.length / portionCharactersMax);
  return Array.from({ length: count }, (_, i) => word.slice(i * portionCharactersMax, (i + 1) * portionCharactersMax));
}
