import type { Clock } from "../core/clock.ts";
import type { Category, FilterOutcome, StageVerdict, Verdict } from "../core/moderation.ts";
import type { Content, Filter } from "../moderation/filter.ts";
import { runStage, strictest } from "../moderation/gate.ts";
import type { Policy } from "../moderation/policy.ts";
import type { Traveller } from "./traveller.ts";

/** What the filters said of all the contents of one or more stages. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly outcomes: readonly FilterOutcome[];
  /** Of the content that was judged most strictly, the first of those; absent where all may pass as they are. */
  readonly told?: StageVerdict;
}

export const passed: Judgement = { verdict: "ALLOW", outcomes: [] };

/**
 * Shows each content to its filters. After a refusal nothing more is shown, for it would cost time and tell more, nor once
 * the edit is called off; but what is being judged then is judged to its end, so that calling off hides nothing.
 *
 * @throws Refused CANCELLED when the server leaves the edit
 */
export async function judgeAll(
  filters: readonly Filter[],
  policy: Policy,
  contents: readonly Content[],
  tolerance: number,
  clock: Clock,
  { signal, leaving }: Pick<Traveller, "signal" | "leaving">,
): Promise<Judgement> {
  let judged = passed;
  for (const content of contents) {
    const { verdict, outcomes, told } = await runStage(filters, policy, content, tolerance, clock, leaving);
    const stricter = strictest([judged.verdict, verdict]) !== judged.verdict;
    judged = {
      verdict: strictest([judged.verdict, verdict]),
      outcomes: [...judged.outcomes, ...outcomes],
      ...(stricter && told !== undefined ? { told } : judged.told && { told: judged.told }),
    };
    if (verdict === "REFUSE" || signal.aborted) break;
  }
  return judged;
}

/**
 * The texts of an edit as a filter should read them. A negative prompt says what must not be seen, which asks for the
 * opposite: "clothes" there is "without clothes" here.
 */
export function promptContents(prompt: string, negativePrompt: string | undefined, hasSource: boolean): Content[] {
  const asked: Content = { stage: "PROMPT", prompt, hasSource };
  if (negativePrompt === undefined) return [asked];
  const itemised = `${prompt} ${withoutEach(negativePrompt)}`;
  return [asked, { ...asked, prompt: `${prompt} without ${negativePrompt}`, itemised }];
}

/** What parts the items of a list: signs and line ends, but not the signs that stand inside of words. Emoji are items. */
const betweenItems = /(?!['’_-])[\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Cc}\p{Zl}\p{Zp}]+/u;

/** "without" before every item of a list; at last the list as it stands, for its signs may tear a word ("c.l.o.t.h.e.s"). */
function withoutEach(list: string): string {
  const items = list.split(betweenItems).map((item) => item.trim());
  const each = new Set([...items.filter((item) => /[^\p{N}\s'’_-]/u.test(item)), list.trim()]);
  return [...each].map((item) => `without ${item}`).join(", ");
}

/** The categories that reached their threshold for refusal; each counts once for enforcement. */
export function refusedCategories(outcomes: readonly FilterOutcome[]): Category[] {
  const refused = outcomes
    .filter(({ verdict }) => verdict === "REFUSE")
    .flatMap(({ categories }) => categories.filter(({ score, threshold }) => score >= threshold));
  return [...new Set(refused.map(({ category }) => category))];
}
