import { join } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import type { Filter } from "./filter.ts";
import { digestOfFolder } from "./folder-digest.ts";
import { parseSettings, readSettings } from "./json-file.ts";
import { findingsOf, labelMapSchema, labelsDigest } from "./labels.ts";

/** Scores of a picture by the classifier in a folder: the engine's `classify`. */
export type Classify = (
  folder: string,
  image: RgbImage,
  signal: AbortSignal,
) => Promise<{ readonly scores: Readonly<Record<string, number>> }>;

const manifestFile = "moderation.json";
const manifestSchema = z.strictObject({
  format: z.literal(1),
  labels: labelMapSchema,
  stages: z
    .array(z.enum(["SOURCE", "OUTPUT"]))
    .min(1)
    .default(["SOURCE", "OUTPUT"]),
  timeoutMs: z.int().min(100).max(600_000).default(60_000),
});
const configSchema = z.object({ id2label: z.record(z.string(), z.string()) });

/**
 * A filter that asks an image classifier of the ViT form, run by the engine. Its folder holds, beside what the engine
 * reads (`config.json`, `preprocessor_config.json`, `model.onnx`), a `moderation.json`: `{ "format": 1, "labels": { label:
 * { "category", "weight"?, "threshold"? } } }`. The time-out is long because a picture may wait for a denoising step.
 * Throws `Refused` BAD_MODEL that names what is missing or wrong.
 */
export async function openOnnxClassifier(name: string, folder: string, classify: Classify): Promise<Filter> {
  const manifest = await read(folder, manifestFile, manifestSchema);
  const config = await read(folder, "config.json", configSchema);
  const known = new Set(Object.values(config.id2label));
  const unknown = Object.keys(manifest.labels).filter((label) => !known.has(label));
  if (unknown.length > 0) {
    throw new Refused(
      "BAD_MODEL",
      `${join(folder, manifestFile)}: the classifier has no label "${unknown[0]}"; it has ${[...known].join(", ")}`,
    );
  }
  return {
    name,
    version: `${(await digestOfFolder(folder)).slice(0, 12)}-${labelsDigest(manifest.labels)}`,
    kind: "classifier",
    stages: manifest.stages,
    remote: false,
    timeoutMs: manifest.timeoutMs,
    check: async (content, signal) => {
      if (content.stage === "PROMPT") return [];
      const { scores } = await classify(folder, content.image, signal);
      return findingsOf(scores, manifest.labels);
    },
  };
}

async function read<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const file = join(folder, name);
  return parseSettings(await readSettings(file, "BAD_MODEL"), file, schema, "BAD_MODEL");
}
