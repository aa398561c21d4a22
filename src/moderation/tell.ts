import {
  byGravity,
  type CategoryScore,
  isUnadjustable,
  type Stage,
  type StageVerdict,
  type Verdict,
} from "../core/moderation.ts";
import { isAppealable, type Policy, thresholdsOf } from "./policy.ts";

/**
 * What an account is told of a refusal or hold: what may not be appealed, then what is gravest. No filter, rule or list is
 * named; scores are rounded up to tenths, so that small changes of a prompt cannot be steered by them; for CSAM and NCII the
 * score is always 1 and the threshold the constant one, so that a known picture looks like any other.
 */
export function tell(stage: Stage, policy: Policy, verdict: Verdict, weighed: readonly CategoryScore[]): StageVerdict {
  const mayAppeal = ({ category }: CategoryScore) => verdict === "REFUSE" && isAppealable(policy, category);
  const [found] = weighed
    .filter((one) => one.verdict === verdict)
    .sort((a, b) => Number(mayAppeal(a)) - Number(mayAppeal(b)) || byGravity(a, b) || b.score - a.score);
  const base = { stage, verdict, policyVersion: policy.version };
  // Held because a filter could not judge, or a person must.
  if (found === undefined) return { ...base, category: "OTHER", score: 0, threshold: 0, appealable: false };
  const { category } = found;
  const appealable = mayAppeal(found);
  if (isUnadjustable(category)) {
    return { ...base, category, score: 1, threshold: thresholdsOf(policy, category, 0).refuse, appealable };
  }
  return { ...base, category, score: Math.ceil(found.score * 10) / 10, threshold: found.threshold, appealable };
}
