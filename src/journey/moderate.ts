import type { Clock } from "../core/clock.ts";
import { byGravity, type Category, type FilterOutcome, type StageVerdict, type Verdict } from "../core/moderation.ts";
import type { Content, Filter } from "../moderation/filter.ts";
import { runStage, strictest } from "../moderation/gate.ts";
import type { Policy } from "../moderation/policy.ts";
import type { Traveller } from "./traveller.ts";

/** What the filters said of all the contents of one or more stages. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly outcomes: readonly FilterOutcome[];
  /**
   * Of the content that was judged most strictly: a refusal that cannot be appealed before one that can, then what is gravest,
   * for by it goes who may decide a hold and what is kept of it; absent where all may pass as they are.
   */
  readonly told?: StageVerdict;
}

export const passed: Judgement = { verdict: "ALLOW", outcomes: [] };

/**
 * Shows all contents of a stage to its filters, those after a refused one too: what is appealed must have been judged as a
 * whole. Once the edit is called off nothing more is shown, unless something was refused; but what is being judged then is
 * judged to its end, so that calling off hides nothing.
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
    judged = together(judged, await runStage(filters, policy, content, tolerance, clock, leaving));
    if (signal.aborted && judged.verdict !== "REFUSE") break;
  }
  return judged;
}

/** Those that are asked of pictures that a person has approved, too: they know what nobody can see. */
export function hashListsOf(filters: readonly Filter[]): readonly Filter[] {
  return filters.filter(({ kind }) => kind === "hash-list");
}

/** What is left of a judgement on contents that a person has approved: a refusal that nobody may appeal. */
export function despiteApproval(judged: Judgement): Judgement {
  return isFinal(judged) ? judged : { ...passed, outcomes: judged.outcomes };
}

/** Two judgements as one. */
export function together(one: Judgement, other: Judgement): Judgement {
  const verdict = strictest([one.verdict, other.verdict]);
  const { told } = outweighs(other, one) ? other : one;
  return { verdict, outcomes: [...one.outcomes, ...other.outcomes], ...(told && { told }) };
}

/** Whether one judgement is told rather than the other. */
function outweighs(one: Judgement, other: Judgement): boolean {
  if (one.verdict !== other.verdict) return strictest([one.verdict, other.verdict]) === one.verdict;
  if (isFinal(one) !== isFinal(other)) return isFinal(one);
  return one.told !== undefined && other.told !== undefined && byGravity(one.told, other.told) < 0;
}

/** Whether it is a refusal that nobody may appeal. */
function isFinal({ verdict, told }: Judgement): boolean {
  return verdict === "REFUSE" && told?.appealable === false;
}

/**
 * The texts of an edit as a filter should read them. A negative prompt says what must not be seen, which asks for the
 * opposite: "clothes" there is "without clothes" here.
 */
export function promptContents(prompt: string, negativePrompt: string | undefined, hasSource: boolean): Content[] {
  const asked: Content = { stage: "PROMPT", prompt, hasSource };
  if (negativePrompt === undefined || negativePrompt.trim() === "") return [asked];
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

/** The categories whose scores are refused, not those that a person should only look at; each counts once for enforcement. */
export function refusedCategories(outcomes: readonly FilterOutcome[]): Category[] {
  const refused = outcomes.flatMap(({ categories }) => categories.filter(({ verdict }) => verdict === "REFUSE"));
  return [...new Set(refused.map(({ category }) => category))];
}
