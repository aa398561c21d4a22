import type { Filter } from "./filter.ts";
import { judgedCharactersMax } from "./prompt/classifier.ts";
import type { PromptRules } from "./prompt/prompt-rules.ts";

/** What reads prompts by rule. */
type Rules = Pick<PromptRules, "version" | "find" | "weigh">;

/** A language model that has read many prompts. */
export interface Reader {
  readonly version: string;
  /** The logarithm of the odds that a prompt breaks a rule. Rejects when it cannot say. */
  logOdds(prompt: string, signal: AbortSignal): Promise<number>;
}

/** The built-in prompt rules, with what the reader makes of a prompt, as a filter. Nothing in a configuration turns it off. */
export function promptFilter(rules: Rules, reader: Reader): Filter {
  return {
    name: "prompt-rules",
    version: `${rules.version}-${reader.version}`,
    kind: "rules",
    stages: ["PROMPT"],
    remote: false,
    // The reader's process may have to start first.
    timeoutMs: 20_000,
    check: async (content, signal) => {
      if (content.stage !== "PROMPT") return [];
      const { prompt, hasSource } = content;
      const reading = prompt.length > judgedCharactersMax ? 0 : reader.logOdds(prompt, signal);
      // While the reader's process reads.
      const [logOdds, found] = await Promise.all([reading, (async () => rules.find(prompt, hasSource))()]);
      if (!Number.isFinite(logOdds)) throw new Error("the prompt reader gave no number");
      return rules.weigh(prompt, found, logOdds).map(({ category, score, rule }) => ({ category, score, note: rule }));
    },
  };
}
