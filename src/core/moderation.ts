/** Where a filter looks, in the order of an edit's life. */
export const stages = ["PROMPT", "SOURCE", "OUTPUT"] as const;
export type Stage = (typeof stages)[number];

/** What a filter may find, the gravest first. */
export const categories = [
  "CSAM",
  "NCII",
  "SEXUAL",
  "VIOLENCE",
  "GORE",
  "HATE",
  "SELF_HARM",
  "HARASSMENT",
  "ILLEGAL_ACTS",
  "PUBLIC_FIGURES",
  "COPYRIGHTED_CHARACTERS",
  "OTHER",
] as const;
export type Category = (typeof categories)[number];

/**
 * Child sexual abuse material and non-consensual intimate imagery: no setting, key or tolerance turns their filters off.
 * Constants in code, so that no file can name them.
 */
export const unadjustable = ["CSAM", "NCII"] as const satisfies readonly Category[];

export function isUnadjustable(category: Category): boolean {
  return (unadjustable as readonly Category[]).includes(category);
}

/** Sorts the graver before the other. */
export function byGravity(one: { readonly category: Category }, other: { readonly category: Category }): number {
  return categories.indexOf(one.category) - categories.indexOf(other.category);
}

/** From mildest to strictest: pass on, hold for a person, refuse. */
export const verdicts = ["ALLOW", "REVIEW", "REFUSE"] as const;
export type Verdict = (typeof verdicts)[number];

/** One category as a filter saw it. */
export interface CategoryScore {
  readonly category: Category;
  /** 0…1. */
  readonly score: number;
  /** From this score on the policy acts; above 1 where it never does. */
  readonly threshold: number;
  /** What the policy makes of the score. */
  readonly verdict: Verdict;
  /** Which rule, list or label it was, for moderators alone. */
  readonly note?: string;
}

/** What one filter said of one stage of an edit, as it is recorded. */
export interface FilterOutcome {
  readonly stage: Stage;
  /**
   * Which of the edit's pictures, from 0; 0 for a prompt. After the sources counts the mask, after what the model made what a
   * mask put together of it.
   */
  readonly index: number;
  readonly filter: string;
  readonly filterVersion: string;
  readonly policyVersion: string;
  readonly verdict: Verdict;
  readonly categories: readonly CategoryScore[];
  /** Why the filter could not judge, when it could not: it fails closed, and this is for moderators and the log alone. */
  readonly trouble?: string;
  readonly ms: number;
}

/** What the account is told of a refusal or a hold: enough to understand and appeal, nothing that helps to evade. */
export interface StageVerdict {
  readonly stage: Stage;
  readonly verdict: Verdict;
  readonly category: Category;
  readonly score: number;
  readonly threshold: number;
  readonly policyVersion: string;
  readonly appealable: boolean;
}
