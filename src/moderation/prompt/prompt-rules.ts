import { createHash } from "node:crypto";
import { type Category, isUnadjustable } from "../../core/moderation.ts";
import { PromptClassifier } from "./classifier.ts";
import { Features } from "./features.ts";
import { parseGrammar, type Statement, versionOf } from "./grammar.ts";
import type { Lexicon } from "./lexicon.ts";
import { Passage } from "./passage.ts";
import type { Portion } from "./portions.ts";
import { categoryOf, suspectedOf } from "./reading.ts";
import { readRuleFiles } from "./rule-files.ts";
import { Tokeniser } from "./tokenise.ts";

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
/** The same for the categories that cannot be turned off: a guess alone has them looked at, and never refused. */
const doubtfulUnadjustable = 0.45;
/**
 * What classifier and reader do not overrule, even where both find a prompt harmless: what names a child, and rules that go
 * by names, which they do not know. Of the rest they overrule what is below the score that leaves no doubt.
 */
const neverOverruled: ReadonlySet<Category> = new Set<Category>(["CSAM", "PUBLIC_FIGURES", "COPYRIGHTED_CHARACTERS"]);
const beyondDoubt = 0.97;

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
    tokeniser: Tokeniser,
    statements: readonly Statement[],
    classifier: PromptClassifier,
    version: string,
  ) {
    this.#lexicon = lexicon;
    this.#tokeniser = tokeniser;
    this.#statements = statements;
    this.#classifier = classifier;
    this.version = version;
  }

  /** Reads the rules beside this file. Throws where one cannot be read: a filter with holes must not start. */
  static load(): PromptRules {
    const { grammar, lexicon, digest } = readRuleFiles();
    const weights = PromptClassifier.read();
    const version = `${versionOf(grammar)}-${createHash("sha256").update(digest).update(weights).digest("hex").slice(0, 8)}`;
    const tokeniser = new Tokeniser(lexicon);
    const classifier = new PromptClassifier(weights, new Features(tokeniser, lexicon.concepts));
    return new PromptRules(lexicon, tokeniser, parseGrammar(grammar, lexicon.concepts), classifier, version);
  }

  /**
   * The highest score of each category whose rules a prompt meets; empty where it meets none. Time is linear in the prompt's
   * length.
   *
   * @param hasSource an image is being edited, so that whoever the prompt undresses is taken for a real person
   */
  find(prompt: string, hasSource: boolean): PromptFinding[] {
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
    return [...best.values()];
  }

  /** What the classifier makes of a portion of a prompt; see `Portion.worded`. */
  wordedOdds(text: string): number {
    return this.#classifier.logOdds(text);
  }

  /**
   * What `find` found, with what the classifier and the reader make of the prompt, highest first. Where the rules have found
   * something, what is worded like violations adds to it only for the categories that cannot be turned off: a setting may
   * let pass what was found.
   *
   * @param portions of the prompt, all of them
   */
  weigh(findings: readonly PromptFinding[], portions: readonly Portion[]): PromptFinding[] {
    const sorted = [...findings].sort((a, b) => b.score - a.score);
    const highest = sorted[0]?.score ?? 0;
    if (highest < doubtful) {
      const alone = portions.length === 1;
      const doubts = portions.filter((portion) => this.#classifier.isDoubtful(portion, alone));
      return doubts.reduce(
        (found, { reading }) => doubted(found, [categoryOf(reading), ...suspectedOf(reading)]),
        sorted,
      );
    }
    const mayOverrule =
      highest < beyondDoubt && sorted.every(({ category, score }) => !neverOverruled.has(category) || score < doubtful);
    if (mayOverrule && portions.every((portion) => this.#classifier.isHarmless(portion))) return [];
    return portions.reduce((found, { reading }) => doubted(found, suspectedOf(reading)), sorted);
  }
}

/** What is worded like violations is a finding of these categories, each unless there is one of it already. */
function doubted(found: readonly PromptFinding[], categories: readonly Category[]): PromptFinding[] {
  const doubts = new Map(
    categories.map((category) => [category, isUnadjustable(category) ? doubtfulUnadjustable : doubtful]),
  );
  const kept = found.filter(({ category, score }) => score >= (doubts.get(category) ?? 0));
  const added = [...doubts].filter(([doubt]) => !kept.some(({ category }) => category === doubt));
  const rule = "worded-like-violations";
  return [...added.map(([category, score]) => ({ category, score, rule })), ...kept].sort((a, b) => b.score - a.score);
}
