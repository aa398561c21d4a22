import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFile } from "../../core/program.ts";
import { lexiconConcepts } from "./grammar.ts";
import { Lexicon } from "./lexicon.ts";
import { parseWords } from "./word-lines.ts";

const rulesFolder = sourceFile("moderation/prompt/rules");

/** The rules beside this file: the text of the grammar, all word lists, and the SHA-256 of both in hexadecimal. */
export interface RuleFiles {
  readonly grammar: string;
  readonly lexicon: Lexicon;
  readonly digest: string;
}

/** Throws where a file cannot be read: a filter with holes must not start. */
export function readRuleFiles(): RuleFiles {
  const digest = createHash("sha256");
  const read = (file: string) => {
    const text = readFileSync(join(rulesFolder, file), "utf8");
    digest.update(text);
    return text;
  };
  const grammar = read("grammar.txt");
  const files = readdirSync(rulesFolder)
    .filter((file) => /^words\.[a-z-]+\.txt$/.test(file))
    .sort();
  const lines = files.flatMap((file) => parseWords(read(file), file.split(/[.-]/)[1]!));
  const comma = { language: "en", concept: "COMMA", entries: [","], voting: false, guessed: false };
  const lexicon = new Lexicon([...lines, comma], lexiconConcepts(grammar));
  return { grammar, lexicon, digest: digest.digest("hex") };
}
