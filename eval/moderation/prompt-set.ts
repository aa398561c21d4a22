import { readFileSync } from "node:fs";
import { type Category, categories } from "../../src/core/moderation.ts";

/** A prompt and what it breaks; `null` for a prompt that must pass. */
export interface Labelled {
  readonly category: Category | null;
  readonly prompt: string;
}

/**
 * Reads lines of `CATEGORY prompt`, or `- prompt` for a benign one; what follows a tab is the same in English and is left
 * out; `//` is a comment. Throws on anything else.
 */
export function readSet(path: string): Labelled[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("//"))
    .map((line) => {
      const at = line.indexOf(" ");
      const label = line.slice(0, at);
      const category = categories.find((name) => name === label) ?? null;
      if (category === null && label !== "-") throw new Error(`${path}: "${label}" is no category`);
      return { category, prompt: line.slice(at + 1).split("\t", 1)[0]! };
    });
}
