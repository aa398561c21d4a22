import { z } from "zod";
import { Failed } from "../core/errors.ts";
import { categories } from "../core/moderation.ts";
import type { Finding } from "./filter.ts";

/** Findings in one answer; rules report a few, a classifier one per label. */
const findingsMax = 256;

const schema = z
  .array(
    z.object({ category: z.enum(categories), score: z.number().min(0).max(1), note: z.string().max(500).optional() }),
  )
  .max(findingsMax);

/** What a filter answered, the highest score of each category; throws `Failed` when it is nothing that could be weighed. */
export function checkFindings(answer: unknown): readonly Finding[] {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new Failed("INTERNAL", "an answer that cannot be read", { retryable: true });
  const highest = new Map<string, Finding>();
  for (const { category, score, note } of parsed.data) {
    if (score < (highest.get(category)?.score ?? 0)) continue;
    highest.set(category, { category, score, ...(note === undefined ? {} : { note }) });
  }
  return [...highest.values()];
}
