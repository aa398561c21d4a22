import { z } from "zod";

/** What transformers writes of a classifier's labels in `config.json`. */
export const labelsSchema = z.object({ id2label: z.record(z.string().regex(/^\d+$/), z.string().min(1)) });

/** The labels in the order of the logits; undefined unless they are numbered 0, 1, 2 … and named once each. */
export function labelNames({ id2label }: z.infer<typeof labelsSchema>): readonly string[] | undefined {
  const count = Object.keys(id2label).length;
  const labels = Array.from({ length: count }, (_, i) => id2label[i] ?? "");
  return count === 0 || labels.includes("") || new Set(labels).size < count ? undefined : labels;
}
