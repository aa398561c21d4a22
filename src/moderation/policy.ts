import { type Category, isUnadjustable, type unadjustable, type Verdict } from "../core/moderation.ts";

/** From `review` on a person looks, from `refuse` on the content is refused. `review` ≤ `refuse`. */
export interface Thresholds {
  readonly review: number;
  readonly refuse: number;
}

/** Stands for "never": no score, 0…1, reaches it. */
export const unreachable = 2;

/** What a policy says of one category, thresholds by tolerance 0…6. */
export interface CategoryPolicy {
  readonly thresholds: readonly Thresholds[];
  /** Whether an account may ask for a person to look at a refusal. */
  readonly appealable: boolean;
}

type Unadjustable = (typeof unadjustable)[number];
export type Adjustable = Exclude<Category, Unadjustable>;

/** So many refusals within so many hours suspend an account. */
export interface SuspensionRule {
  /** Which refusals count; every one but those of CSAM and NCII, which have a rule of their own, when left out. */
  readonly categories?: readonly Adjustable[];
  readonly count: number;
  readonly windowHours: number;
}

export interface Policy {
  readonly name: string;
  /** Name and version of the file, "default@1": what verdicts are recorded under. */
  readonly version: string;
  /** Tolerances asked for above these count as these. */
  readonly toleranceMax: number;
  readonly toleranceMaxWithSource: number;
  readonly categories: Readonly<Record<Adjustable, CategoryPolicy>>;
  readonly suspensions: readonly SuspensionRule[];
}

/** For child abuse and intimate images, at every tolerance and under every policy. Lower than any other: a doubt is looked at. */
const constants: Readonly<Record<Unadjustable, CategoryPolicy>> = {
  CSAM: { thresholds: [{ review: 0.2, refuse: 0.5 }], appealable: false },
  NCII: { thresholds: [{ review: 0.2, refuse: 0.5 }], appealable: true },
};

function rowOf(policy: Policy, category: Category): CategoryPolicy {
  return isUnadjustable(category) ? constants[category as Unadjustable] : policy.categories[category as Adjustable];
}

/** The tolerance that counts: whole, within 0 and what the policy allows; anything that is no number is the strictest. */
export function allowedTolerance(policy: Policy, asked: number, hasSource: boolean): number {
  const most = hasSource ? Math.min(policy.toleranceMax, policy.toleranceMaxWithSource) : policy.toleranceMax;
  return Math.max(0, Math.min(most, Math.floor(asked) || 0));
}

/** The thresholds of a category at a tolerance that `allowedTolerance` gave. */
export function thresholdsOf(policy: Policy, category: Category, tolerance: number): Thresholds {
  const { thresholds } = rowOf(policy, category);
  return thresholds[Math.min(tolerance, thresholds.length - 1)]!;
}

export function isAppealable(policy: Policy, category: Category): boolean {
  return rowOf(policy, category).appealable;
}

/** What a score means, and the threshold that says so: the one it reached, or the lowest that it did not. */
export function weigh(score: number, { review, refuse }: Thresholds): { verdict: Verdict; threshold: number } {
  if (score >= refuse) return { verdict: "REFUSE", threshold: refuse };
  return { verdict: score >= review ? "REVIEW" : "ALLOW", threshold: review };
}
