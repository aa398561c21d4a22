import type { Clock } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import {
  type CategoryScore,
  type FilterOutcome,
  isUnadjustable,
  type StageVerdict,
  type Verdict,
  verdicts,
} from "../core/moderation.ts";
import type { Content, Filter } from "./filter.ts";
import { checkFindings } from "./findings.ts";
import { allowedTolerance, type Policy, thresholdsOf, weigh } from "./policy.ts";
import { tell } from "./tell.ts";
import { within } from "./within.ts";

export interface StageResult {
  readonly verdict: Verdict;
  /** One for every filter of the stage, hash lists first. For moderators and the log. */
  readonly outcomes: readonly FilterOutcome[];
  /** For the account; absent when the content may pass. */
  readonly told?: StageVerdict;
}

/**
 * Shows content to every filter of its stage and takes the strictest verdict. A filter that is late, throws or answers
 * nonsense makes it REVIEW at least: nothing passes because something broke. Hash lists go first, and what they know for
 * CSAM or NCII, or cannot say, is not sent to filters outside this machine; while one is missing or damaged, nothing is.
 *
 * @param tolerance as it was asked for; the policy's caps are applied here
 * @throws Refused CANCELLED when `signal` aborts
 */
export async function runStage(
  filters: readonly Filter[],
  policy: Policy,
  content: Content,
  tolerance: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<StageResult> {
  const allowed = allowedTolerance(policy, tolerance, hasSource(content));
  const due = filters.filter(({ stages }) => stages.includes(content.stage));
  const ask = (group: readonly Filter[]) =>
    Promise.all(group.map((filter) => judge(filter, policy, content, allowed, clock, signal)));
  const lists = due.filter(({ kind }) => kind === "hash-list");
  // Before they are asked: what they know may change meanwhile.
  const areComplete = lists.every((list) => list.isComplete?.() ?? true);
  const known = await ask(lists);
  const mustStay = !areComplete || known.some((judged) => judged.failed || isKnownAbuse(judged));
  const others = due.filter(({ kind }) => kind !== "hash-list");
  const judged = await ask(others.filter(({ remote }) => !(remote && mustStay)));
  const withheld = others
    .filter(({ remote }) => remote && mustStay)
    .map((filter) => judgement(filter, policy, content, [], withheldBecause, 0));
  if (signal.aborted) throw new Refused("CANCELLED", "cancelled");
  const all = [...known, ...judged, ...withheld];
  const outcomes = all.map(({ outcome }) => outcome);
  const verdict = strictest(outcomes.map((outcome) => outcome.verdict));
  if (verdict === "ALLOW") return { verdict, outcomes };
  const weighed = all.flatMap((one) => one.weighed);
  return { verdict, outcomes, told: tell(content.stage, policy, verdict, weighed) };
}

/** The strictest of some verdicts; ALLOW of none. */
export function strictest(given: readonly Verdict[]): Verdict {
  return verdicts[Math.max(0, ...given.map((verdict) => verdicts.indexOf(verdict)))]!;
}

const withheldBecause = "not asked: what is known, or cannot be looked up, does not leave this machine";

/** What a filter said, and what the policy makes of each score. */
interface Judgement {
  readonly outcome: FilterOutcome;
  readonly weighed: readonly CategoryScore[];
  /** It gave no answer that could be weighed. */
  readonly failed: boolean;
}

async function judge(
  filter: Filter,
  policy: Policy,
  content: Content,
  tolerance: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Judgement> {
  const started = clock.now();
  let weighed: readonly CategoryScore[] = [];
  let trouble: string | undefined;
  let failed = false;
  try {
    const answer = await within(clock, filter.timeoutMs, signal, (until) => filter.check(content, until));
    weighed = checkFindings(answer).map((finding) => ({
      ...finding,
      ...weigh(finding.score, thresholdsOf(policy, finding.category, tolerance)),
    }));
    trouble = filter.hold?.(clock.date(), content);
  } catch (error) {
    trouble = reasonOf(error);
    failed = true;
  }
  return { ...judgement(filter, policy, content, weighed, trouble, clock.now() - started), failed };
}

function judgement(
  filter: Filter,
  policy: Policy,
  content: Content,
  weighed: readonly CategoryScore[],
  trouble: string | undefined,
  ms: number,
): Judgement {
  const given = weighed.map(({ verdict }) => verdict);
  const outcome: FilterOutcome = {
    stage: content.stage,
    index: content.stage === "PROMPT" ? 0 : content.index,
    filter: filter.name,
    filterVersion: filter.version,
    policyVersion: policy.version,
    verdict: strictest(trouble === undefined ? given : [...given, "REVIEW"]),
    categories: weighed,
    ...(trouble === undefined ? {} : { trouble }),
    ms,
  };
  return { outcome, weighed, failed: false };
}

function hasSource(content: Content): boolean {
  if (content.stage === "SOURCE") return true;
  return content.hasSource ?? true;
}

function isKnownAbuse({ weighed }: Judgement): boolean {
  return weighed.some(({ category, verdict }) => isUnadjustable(category) && verdict === "REFUSE");
}

/** Our own errors say what they may; the text of any other might quote the content. */
function reasonOf(error: unknown): string {
  if (error instanceof Failed || error instanceof Refused) return error.message;
  return `unexpected ${error instanceof Error ? error.name : typeof error}`;
}
