import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Category } from "../../core/moderation.ts";
import { sourceFile } from "../../core/program.ts";
import { PromptClassifier } from "./classifier.ts";
import { lexiconConcepts, parseGrammar, type Statement, versionOf } from "./grammar.ts";
import { Lexicon } from "./lexicon.ts";
import { Passage } from "./passage.ts";
import { Tokeniser } from "./tokenise.ts";
import { parseWords } from "./word-lines.ts";

/** What a rule found in a prompt. */
export interface PromptFinding {
  readonly category: Category;
  /** 0…1: 0.9 and more leaves no doubt, 0.7 is meant, 0.5 is more likely than not, 0.3 is a mention. */
  readonly score: number;
  /** The rule's name in `rules/grammar.txt`. For moderators: it tells an account how to evade. */
  readonly rule: string;
}

/** The score of what no rule names and the classifier finds worded like violations: by the default policy, a person looks. */
const doubtful = 0.55;
const rulesFolder = sourceFile("moderation/prompt/rules");

/** The built-in filter of prompts: word lists of some twenty languages and a grammar over what they mean. Deterministic. */
export class PromptRules {
  readonly #lexicon: Lexicon;
  readonly #tokeniser: Tokeniser;
  readonly #statements: readonly Statement[];
  readonly #classifier: PromptClassifier;
  /** The grammar's version and a digest of all rule files, so that no change of the data goes unseen. */
  readonly version: string;

  private constructor(
    lexicon: Lexicon,
    statements: readonly Statement[],
    classifier: PromptClassifier,
    version: string,
  ) {
    this.#lexicon = lexicon;
    this.#tokeniser = new Tokeniser(lexicon);
    this.#statements = statements;
    this.#classifier = classifier;
    this.version = version;
  }

  /** Reads the rules beside this file. Throws where one cannot be read: a filter with holes must not start. */
  static load(): PromptRules {
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
    const weights = PromptClassifier.read();
    digest.update(weights);
    const version = `${versionOf(grammar)}-${digest.digest("hex").slice(0, 8)}`;
    return new PromptRules(lexicon, parseGrammar(grammar, lexicon.concepts), new PromptClassifier(weights), version);
  }

  /**
   * The highest score of each category that a prompt meets, highest first; empty where it meets none. `hasSource`: an
   * image is being edited, so that whoever the prompt undresses is taken for a real person. Time is linear in the
   * prompt's length.
   */
  check(prompt: string, { hasSource }: { readonly hasSource: boolean }): PromptFinding[] {
    const passage = new Passage(this.#tokeniser.tokenise(prompt), this.#lexicon.concepts.empty());
    const best = new Map<Category, PromptFinding>();
    for (const statement of this.#statements) {
      const { action } = statement;
      if (statement.source !== null && statement.source !== hasSource) continue;
      if (action.kind === "flag") {
        if ((best.get(action.category)?.score ?? 0) >= action.score) continue;
        if (passage.matches(statement, 1).length > 0) {
          best.set(action.category, { category: action.category, score: action.score, rule: action.rule });
        }
        continue;
      }
      for (const { from, to } of passage.matches(statement, Number.POSITIVE_INFINITY)) {
        if (action.kind === "set") passage.set(from, to, action.mask);
        else passage.clear(from, to, action.mask);
      }
    }
    const findings = [...best.values()].sort((a, b) => b.score - a.score);
    if ((findings[0]?.score ?? 0) < doubtful && this.#classifier.probability(prompt) >= this.#classifier.threshold) {
      findings.unshift({ category: "OTHER", score: doubtful, rule: "worded-like-violations" });
    }
    return findings;
  }
}
