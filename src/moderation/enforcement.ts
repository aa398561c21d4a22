import { hourMs } from "../core/clock.ts";
import { type Category, isUnadjustable, unadjustable } from "../core/moderation.ts";
import type { SuspensionRule } from "./policy.ts";

/** A refusal that counts against an account. */
export interface Strike {
  readonly editId: string;
  readonly category: Category;
  readonly at: Date;
}

export interface Suspension {
  /** For moderators and the account: how many refusals of what, and in which time. */
  readonly reason: string;
  readonly count: number;
  readonly windowHours: number;
}

/** For child abuse and intimate images; no policy can change it. */
const constantRule = { categories: unadjustable as readonly Category[], count: 3, windowHours: 24 };

/**
 * Whether an account's refusals up to `now` suspend it. An edit counts once for a rule, however many categories or pictures
 * of it were refused.
 *
 * @param since when the account was last reinstated: what was before is forgiven
 */
export function suspensionDue(
  strikes: readonly Strike[],
  rules: readonly SuspensionRule[],
  now: Date,
  since?: Date,
): Suspension | undefined {
  for (const { categories, count, windowHours } of [constantRule, ...rules]) {
    const from = Math.max(now.getTime() - windowHours * hourMs, since?.getTime() ?? Number.NEGATIVE_INFINITY);
    const counted = (category: Category) => categories?.includes(category as never) ?? !isUnadjustable(category);
    const edits = new Set<string>();
    for (const { editId, category, at } of strikes) {
      if (counted(category) && at.getTime() > from && at.getTime() <= now.getTime()) edits.add(editId);
    }
    if (edits.size < count) continue;
    const what = categories === undefined ? "refused edits" : `edits refused for ${categories.join(", ")}`;
    return { reason: `${edits.size} ${what} within ${windowHours} hours`, count: edits.size, windowHours };
  }
  return undefined;
}

/** Hours back that strikes must be looked up for these rules. */
export function strikeHours(rules: readonly SuspensionRule[]): number {
  return Math.max(constantRule.windowHours, ...rules.map(({ windowHours }) => windowHours));
}
