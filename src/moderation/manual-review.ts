import type { Filter } from "./filter.ts";

/** Leaves every output to a moderator. */
const manualReview: Filter = {
  name: "manual-review",
  version: "1",
  kind: "manual",
  stages: ["OUTPUT"],
  remote: false,
  timeoutMs: 1_000,
  hold: () => "the model's licence asks for a content filter or manual review, and no image classifier is configured",
  check: async () => [],
};

/**
 * The filters for a model: where its licence demands one and nothing configured judges new pictures, outputs are held for
 * a moderator. A hash list does not count, for it knows old pictures only.
 */
export function filtersFor(filters: readonly Filter[], filterDuty: "required" | "none"): readonly Filter[] {
  const judged = filters.some(({ kind, stages }) => kind === "classifier" && stages.includes("OUTPUT"));
  return filterDuty === "none" || judged ? filters : [...filters, manualReview];
}
