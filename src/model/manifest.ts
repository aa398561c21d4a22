import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";

export const manifestFile = "manifest.json";

/** Raised whenever a graph of an older version would compute something else, or lack an input or an output. */
export const graphVersion = 3;

export const partNames = ["transformer", "t5", "clip", "vaeEncoder", "vaeDecoder"] as const;
export type PartName = (typeof partNames)[number];

const positive = z.number().int().positive();
const precision = z.enum(["float32", "float16", "bfloat16"]);

const part = z.object({
  /** Graph files by the type of their matrix products; every model has float32. */
  graphs: z.object({ float32: z.string(), float16: z.string().optional(), bfloat16: z.string().optional() }),
  parameters: positive,
  bytes: positive,
  precision,
});

/** What stands in `models/<name>/manifest.json`. Paths are relative to that folder or absolute. */
export const manifestSchema = z.object({
  format: z.literal(1),
  graphVersion: positive,
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  /** SPDX id, or the name the source gives. */
  licence: z.string().min(1),
  source: z.string(),
  /** The folder that graph files name their weights relative to. */
  weightsRoot: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: positive, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
  /** SHA-256 over the sorted digests of all files: names the model in provenance. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  precision,
  parts: z.object({ transformer: part, t5: part, clip: part, vaeEncoder: part, vaeDecoder: part }),
  transformer: z.object({
    hiddenSize: positive,
    heads: positive,
    headDim: positive,
    doubleBlocks: z.number().int().nonnegative(),
    singleBlocks: z.number().int().nonnegative(),
    inChannels: positive,
    jointAttentionDim: positive,
    pooledProjectionDim: positive,
    guidanceEmbeds: z.boolean(),
    axesDimsRope: z.array(positive).length(3),
  }),
  vae: z.object({
    latentChannels: positive,
    scaleFactor: positive,
    scalingFactor: z.number().positive(),
    shiftFactor: z.number(),
  }),
  /** Tokens that an encoder takes at most, and rows of its embedding. */
  textEncoders: z.object({
    clip: z.object({ tokensMax: positive, vocabSize: positive }),
    t5: z.object({ tokensMax: positive, vocabSize: positive }),
  }),
  /** Folders of the tokenizers; null where the checkpoint has none and so can encode no prompt. */
  tokenizers: z.object({ clip: z.string(), t5: z.string() }).nullable(),
  /** scheduler_config.json as it stands in the checkpoint. */
  scheduler: z.record(z.string(), z.unknown()),
  /** Sizes that the model was trained for, width × height in pixels. */
  buckets: z.array(z.object({ width: positive, height: positive })).min(1),
  /** Pixels of an output at most. */
  maxArea: positive,
  defaults: z.object({ steps: positive.max(1000), guidance: z.number().min(0).max(100) }),
  /** Whether the licence lets the model be served only with content filters or manual review. */
  filterDuty: z.enum(["required", "none"]),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A manifest together with the folder it stands in. */
export interface ImportedModel {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads and checks `folder/manifest.json`. */
export async function readManifest(folder: string): Promise<ImportedModel> {
  const file = join(folder, manifestFile);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is none: import the model first" : (error.code ?? error.message);
    throw new Refused("MODEL_UNAVAILABLE", `${file}: ${why}`);
  });
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${file}: ${issue.path.join(".") || "content"}: ${issue.message}`,
    );
    throw new Refused("BAD_MODEL", faults[0]!, faults);
  }
  if (parsed.data.graphVersion !== graphVersion) {
    const { name, source } = parsed.data;
    const again = `pentimento model import ${resolve(folder, source)} --name ${name}`;
    throw new Refused("BAD_MODEL", `${file}: written by another version of Pentimento: import it again (${again})`);
  }
  return { folder: resolve(folder), manifest: parsed.data };
}

/** The digest that names a model: over the digests of its weight files, wherever they lie. */
export function modelDigest(files: readonly { sha256: string }[]): string {
  const hash = createHash("sha256");
  for (const sha256 of files.map((file) => file.sha256).sort()) hash.update(`${sha256}\n`);
  return hash.digest("hex");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
