import type { Clock } from "../core/clock.ts";
import type { Category, FilterOutcome, StageVerdict, Verdict } from "../core/moderation.ts";
import type { Content, Filter } from "../moderation/filter.ts";
import { runStage, strictest } from "../moderation/gate.ts";
import type { Policy } from "../moderation/policy.ts";

/** What the filters said of all the contents of one or more stages. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly outcomes: readonly FilterOutcome[];
  /** Of the first content that may not pass as it is. */
  readonly told?: StageVerdict;
}

export const passed: Judgement = { verdict: "ALLOW", outcomes: [] };

/** Shows each content to its filters. After a refusal nothing more is shown: it would cost time and tell more. */
export async function judgeAll(
  filters: readonly Filter[],
  policy: Policy,
  contents: readonly Content[],
  tolerance: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Judgement> {
  let judged = passed;
  for (const content of contents) {
    const { verdict, outcomes, told } = await runStage(filters, policy, content, tolerance, clock, signal);
    const stricter = strictest([judged.verdict, verdict]) !== judged.verdict;
    judged = {
      verdict: strictest([judged.verdict, verdict]),
      outcomes: [...judged.outcomes, ...outcomes],
      ...(stricter && told !== undefined ? { told } : judged.told && { told: judged.told }),
    };
    if (verdict === "REFUSE") break;
  }
  return judged;
}

/**
 * The texts of an edit as a filter should read them. A negative prompt says what must not be seen, which asks for the
 * opposite: "clothes" there is "without clothes" here.
 */
export function promptContents(prompt: string, negativePrompt: string | undefined, hasSource: boolean): Content[] {
  const texts = negativePrompt === undefined ? [prompt] : [prompt, `${prompt} without ${negativePrompt}`];
  return texts.map((text) => ({ stage: "PROMPT", prompt: text, hasSource }));
}

/** The categories that reached their threshold for refusal; each counts once for enforcement. */
export function refusedCategories(outcomes: readonly FilterOutcome[]): Category[] {
  const refused = outcomes
    .filter(({ verdict }) => verdict === "REFUSE")
    .flatMap(({ categories }) => categories.filter(({ score, threshold }) => score >= threshold));
  return [...new Set(refused.map(({ category }) => category))];
}
