import type { Category } from "../core/moderation.ts";
import type { Filter } from "./filter.ts";

/** What reads prompts by rule. */
export interface Rules {
  readonly version: string;
  check(
    prompt: string,
    context: { readonly hasSource: boolean },
  ): readonly { readonly category: Category; readonly score: number; readonly rule: string }[];
}

/** The built-in prompt rules as a filter. Always there: nothing in a configuration turns it off. */
export function promptFilter(rules: Rules): Filter {
  return {
    name: "prompt-rules",
    version: rules.version,
    kind: "rules",
    stages: ["PROMPT"],
    remote: false,
    timeoutMs: 1_000,
    check: async (content) => {
      if (content.stage !== "PROMPT") return [];
      const { prompt, hasSource } = content;
      return rules.check(prompt, { hasSource }).map(({ category, score, rule }) => ({ category, score, note: rule }));
    },
  };
}
