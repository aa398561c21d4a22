import { normalise } from "./normalise.ts";

/** One line of a word list. */
export interface WordLine {
  readonly language: string;
  /** Empty for words that have no meaning but must not be taken for others. */
  readonly concept: string;
  /** In their normal form. */
  readonly entries: readonly string[];
  /** The commonest words of a language, by which it is recognised. */
  readonly voting: boolean;
  /** Counts only in prompts of that language: the words mean something else in others. */
  readonly guessed: boolean;
}

/**
 * Reads a word list: `CONCEPT[^|]: entry, entry, …`, lines beginning with white space go on with the one before, `//` is
 * a comment. An entry is a word, a stem (`undress*`), a phrase of both, or the hash of a word (`#1a2b3c4d`). The concept
 * `_` has no meaning: its phrases swallow their words. `~` lists the language's commonest words. Throws on anything else.
 */
export function parseWords(text: string, language: string): WordLine[] {
  const joined = text.replace(/^\/\/.*\n/gm, "").replace(/,?\n[ \t]+/g, ", ");
  return joined
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const parts = /^([A-Z_]+|~)(\^?):\s*(.+)$/.exec(line);
      if (parts === null) throw new Error(`prompt rules: words.${language}.txt: cannot read "${line.slice(0, 60)}"`);
      const [, concept = "", caret, list = ""] = parts;
      const entries = normalise(list)
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "");
      return {
        language,
        concept: concept === "_" || concept === "~" ? "" : concept,
        entries,
        voting: concept === "~",
        guessed: caret === "^",
      };
    });
}
