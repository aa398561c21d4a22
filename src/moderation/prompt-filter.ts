import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Filter, Finding } from "./filter.ts";
import { portionsOf, unpadded } from "./prompt/portions.ts";
import type { PromptRules } from "./prompt/prompt-rules.ts";
import { checkReading, type Reading } from "./prompt/reading.ts";

/** What reads prompts by rule. */
type Rules = Pick<PromptRules, "version" | "find" | "wordedOdds" | "weigh">;

/** A language model that has read many prompts. */
export interface Reader {
  readonly version: string;
  /** Rejects when it cannot answer; an empty reading is an answer. */
  read(prompt: string, signal: AbortSignal): Promise<Reading>;
}

/** Prompts whose findings are kept: one that comes again, with another seed or for the next picture, is not read again. */
const findingsKept = 1000;

/** The built-in prompt rules, with what the reader makes of a prompt, as a filter. Nothing in a configuration turns it off. */
export function promptFilter(rules: Rules, reader: Reader): Filter {
  const kept = new LRUCache<string, readonly Finding[]>({ max: findingsKept });
  return {
    name: "prompt-rules",
    version: `${rules.version}-${reader.version}`,
    kind: "rules",
    stages: ["PROMPT"],
    remote: false,
    // The reader's process may have to start first.
    timeoutMs: 20_000,
    hold: (_, content) =>
      content.stage === "PROMPT" && unpadded(content.prompt).length > readCharactersMax
        ? `longer than the ${readCharactersMax} characters that are read of a prompt`
        : undefined,
    check: async (content, signal) => {
      if (content.stage !== "PROMPT") return [];
      const { prompt, itemised = prompt, hasSource } = content;
      const key = createHash("sha256")
        .update(JSON.stringify([prompt, itemised, hasSource]))
        .digest("hex");
      const known = kept.get(key);
      if (known !== undefined) return known;
      const texts = portionsOf(unpadded(prompt));
      const [readings, { found, worded }] = await Promise.all([
        readAll(reader, texts, signal),
        // While the reader's process reads.
        (async () => ({
          found: rules.find(itemised, hasSource),
          worded: texts.map((text) => rules.wordedOdds(text)),
        }))(),
      ]);
      const portions = texts.map((text, i) => ({ text, worded: worded[i]!, reading: readings[i]! }));
      const weighed = rules.weigh(found, portions);
      const findings = weighed.map(({ category, score, rule }) => ({ category, score, note: rule }));
      kept.set(key, findings);
      return findings;
    },
  };
}

/**
 * Characters of a prompt, without padding, after which nothing more is read: more than the 512 pieces hold that an image
 * model reads of most. A person looks at longer ones.
 */
const readCharactersMax = 5000;

/** One after the other, so that the prompts of others are read between the portions of a long one. */
async function readAll(reader: Reader, texts: readonly string[], signal: AbortSignal): Promise<Reading[]> {
  const readings: Reading[] = [];
  let characters = 0;
  for (const text of texts) {
    const reading = characters < readCharactersMax ? await reader.read(text, signal) : {};
    checkReading(reading);
    readings.push(reading);
    characters += text.length;
  }
  return readings;
}
