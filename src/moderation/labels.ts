import { createHash } from "node:crypto";
import { z } from "zod";
import { Failed } from "../core/errors.ts";
import { categories, isUnadjustable } from "../core/moderation.ts";
import type { Finding } from "./filter.ts";

/** What a classifier calls things, and which category each is scored for. */
const labelSchema = z
  .strictObject({
    category: z.enum(categories),
    /** What the label's score is multiplied with, above 0 up to 1. */
    weight: z.number().gt(0).max(1).default(1),
    /** The label's score from which on it is more likely than not: it becomes 0.5, and those beside it move along. */
    threshold: z.number().min(0.01).max(0.99).default(0.5),
  })
  .refine(({ category, weight, threshold }) => !isUnadjustable(category) || (weight === 1 && threshold <= 0.5), {
    message: "a label of CSAM or NCII has the weight 1 and a threshold of at most 0.5",
  });
export const labelMapSchema = z
  .record(z.string().min(1).max(100), labelSchema)
  .refine((map) => Object.keys(map).length > 0, {
    message: "at least one label must be mapped",
  });
export type LabelMap = Readonly<z.infer<typeof labelMapSchema>>;

/**
 * The findings that a classifier's scores stand for. Every label of the map must be there, with a score of 0…1: throws
 * `Failed` otherwise, for a label that has been renamed would never be found again.
 */
export function findingsOf(scores: Readonly<Record<string, number>>, map: LabelMap): Finding[] {
  return Object.entries(map).map(([label, { category, weight, threshold }]) => {
    const score = Object.hasOwn(scores, label) ? scores[label]! : Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      throw new Failed("INTERNAL", `the answer has no score of 0 to 1 for "${label}"`, { retryable: false });
    }
    return { category, score: weight * calibrated(score, threshold), note: `label ${label}` };
  });
}

/** Stretches 0…threshold to 0…0.5 and threshold…1 to 0.5…1. */
function calibrated(score: number, threshold: number): number {
  return score < threshold ? (0.5 * score) / threshold : 0.5 + (0.5 * (score - threshold)) / (1 - threshold);
}

/** The map that is configured, or the built-in one; labels of CSAM and NCII stay as they are built in. */
export function labelsOf(builtIn: LabelMap, configured: LabelMap | undefined): LabelMap {
  const fixed = Object.fromEntries(Object.entries(builtIn).filter(([, { category }]) => isUnadjustable(category)));
  return { ...(configured ?? builtIn), ...fixed };
}

/** Eight characters that change with the map, for a filter's version. */
export function labelsDigest(map: LabelMap): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest("hex")
    .slice(0, 8);
}
