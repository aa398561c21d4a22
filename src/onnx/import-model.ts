import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { preferredBuckets } from "../core/bucket.ts";
import { Refused } from "../core/errors.ts";
import { writeWhole } from "../core/write-whole.ts";
import {
  graphVersion,
  type ImportedModel,
  type Manifest,
  manifestFile,
  manifestSchema,
  modelDigest,
  type PartName,
} from "../model/manifest.ts";
import { type ByteProgress, resolveIn, sha256OfFile } from "../model/shelf.ts";
import { type BuiltPart, buildParts } from "./build-parts.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { vaeScaleFactor } from "./configs.ts";
import { t5TokensMax } from "./t5-graph.ts";
import { precisionOf } from "./weights.ts";

/**
 * Pixels: the engine makes 2^24 at once and no more, and a bucket, whose sides are rounded to multiples of 16, holds up to
 * 0.43 % more than the area it is made for.
 */
const maxAreaMost = 16_700_000;

/** What a checkpoint may say about itself in `pentimento.json`, and what options of the import may overrule. */
const cardSchema = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "lower-case letters, digits, dot, dash and underscore, at most 64"),
    licence: z.string().min(1),
    maxArea: z.number().int().min(4096).max(maxAreaMost),
    steps: z.number().int().min(1).max(1000),
    guidance: z.number().min(0).max(100),
    filterDuty: z.enum(["required", "none"]),
  })
  .partial()
  .strict();
export type ModelCard = z.infer<typeof cardSchema>;

export interface ImportOptions {
  /** Folder that holds a folder per model. */
  readonly modelsFolder: string;
  readonly card?: ModelCard;
  /** Called while weight files are hashed. */
  readonly progress?: ByteProgress;
}

/** Licences that ask for no filter; any other, unknown ones too, makes filters or review a duty. */
const permissiveLicences = new Set(["Apache-2.0", "MIT", "CC0-1.0", "BSD-2-Clause", "BSD-3-Clause"]);
/** FLUX.1 Kontext's own numbers: one megapixel, and the steps and guidance of diffusers' example. */
const fluxDefaults = { maxArea: 2 ** 20, steps: 28, guidance: 2.5 };

/**
 * Imports a checkpoint folder: checks everything, then writes `<modelsFolder>/<name>/` with the graphs and, last, the
 * manifest. Weights stay where they are and graphs point into them. Throws `Refused` BAD_MODEL with all faults, having
 * written nothing.
 */
export async function importModel(folder: string, options: ImportOptions): Promise<Manifest> {
  const source = resolve(folder);
  const checkpoint = await openCheckpoint(source);
  const card = { ...(await readCard(source)), ...checkCard("options", options.card ?? {}) };
  const parts = buildParts(checkpoint);
  const name =
    card.name ??
    checkCard(`the folder's name "${basename(source)}" (give --name)`, { name: basename(source).toLowerCase() }).name!;
  const target = join(resolve(options.modelsFolder), name);
  const paths = [...new Set(Object.values(parts).flatMap((part) => part.graphs.float32.files()))].sort();
  const weightsRoot = commonFolder(paths);
  const files = await hashFiles(paths, target, options.progress);
  const licence = card.licence ?? "unknown";
  const maxArea = card.maxArea ?? fluxDefaults.maxArea;
  const manifest = manifestSchema.parse({
    format: 1,
    graphVersion,
    name,
    licence,
    source: portable(target, source),
    weightsRoot: portable(target, weightsRoot),
    files,
    digest: modelDigest(files),
    precision: precisionOf(checkpoint.transformer.views.values()),
    parts: describeParts(parts),
    ...describeNetworks(checkpoint),
    tokenizers: checkpoint.tokenizers && {
      clip: portable(target, checkpoint.tokenizers.clip),
      t5: portable(target, checkpoint.tokenizers.t5),
    },
    scheduler: checkpoint.scheduler,
    buckets: preferredBuckets(maxArea),
    maxArea,
    defaults: { steps: card.steps ?? fluxDefaults.steps, guidance: card.guidance ?? fluxDefaults.guidance },
    filterDuty: card.filterDuty ?? (permissiveLicences.has(licence) ? "none" : "required"),
  });
  // The manifest last: a model without one does not exist.
  await rm(join(target, manifestFile), { force: true });
  await writeParts({ folder: target, manifest }, parts);
  await writeWhole(join(target, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/**
 * Writes the graphs of an imported model anew, where its manifest says. The manifest stays as it is, so that a model which
 * is cut short in this is still one.
 *
 * @throws Refused BAD_MODEL when its checkpoint is not what it was
 */
export async function writeGraphs(model: ImportedModel): Promise<void> {
  await writeParts(model, buildParts(await openCheckpoint(resolveIn(model, model.manifest.source))));
}

async function readCard(source: string): Promise<ModelCard> {
  const file = join(source, "pentimento.json");
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    return checkCard("pentimento.json", JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refused("BAD_MODEL", `pentimento.json: ${error.message}`);
    throw error;
  }
}

function checkCard(where: string, value: unknown): ModelCard {
  const parsed = cardSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${where}: ${issue.path.join(".") || "content"}: ${issue.message}`);
  throw new Refused("BAD_MODEL", faults[0]!, faults);
}

/** Named after their version too: of graphs that another one wrote `prepareModel` finds nothing, and makes them anew. */
function graphFile(part: PartName, compute: string): string {
  return `graphs/${part}.${compute}.${graphVersion}.onnx`;
}

function describeParts(parts: Record<PartName, BuiltPart>) {
  const entries = Object.entries(parts) as [PartName, BuiltPart][];
  return Object.fromEntries(
    entries.map(([name, { graphs, weights, precision }]) => {
      const graphFiles = Object.keys(graphs).map((compute) => [compute, graphFile(name, compute)]);
      return [name, { graphs: Object.fromEntries(graphFiles), ...weights.totals, precision }];
    }),
  );
}

function describeNetworks({ transformer: { config }, vae, clip, t5, tokenizers }: Checkpoint) {
  return {
    transformer: {
      hiddenSize: config.num_attention_heads * config.attention_head_dim,
      heads: config.num_attention_heads,
      headDim: config.attention_head_dim,
      doubleBlocks: config.num_layers,
      singleBlocks: config.num_single_layers,
      inChannels: config.in_channels,
      jointAttentionDim: config.joint_attention_dim,
      pooledProjectionDim: config.pooled_projection_dim,
      guidanceEmbeds: config.guidance_embeds,
      axesDimsRope: config.axes_dims_rope,
    },
    vae: {
      latentChannels: vae.config.latent_channels,
      scaleFactor: vaeScaleFactor(vae.config),
      scalingFactor: vae.config.scaling_factor,
      shiftFactor: vae.config.shift_factor,
    },
    textEncoders: {
      clip: { tokensMax: clip.config.max_position_embeddings, vocabSize: clip.config.vocab_size },
      t5: { tokensMax: tokenizers?.t5Tokens ?? t5TokensMax, vocabSize: t5.config.vocab_size },
    },
  };
}

async function hashFiles(
  paths: readonly string[],
  target: string,
  progress: ByteProgress = () => {},
): Promise<Manifest["files"]> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const files: Manifest["files"] = [];
  let before = 0;
  for (const [i, path] of paths.entries()) {
    const sha256 = await sha256OfFile(path, (bytes) => progress(before + bytes, total));
    before += sizes[i]!;
    files.push({ path: portable(target, path), bytes: sizes[i]!, sha256 });
  }
  return files;
}

/**
 * Writes the graphs. What else lies beside them goes, TensorRT's engines too: they would still compute with the weights of
 * then.
 */
async function writeParts(model: ImportedModel, parts: Record<PartName, BuiltPart>): Promise<void> {
  const folder = join(model.folder, "graphs");
  const weightsRoot = resolveIn(model, model.manifest.weightsRoot);
  const written = new Set<string>();
  await mkdir(folder, { recursive: true });
  for (const [name, { graphs }] of Object.entries(parts) as [PartName, BuiltPart][]) {
    for (const [compute, graph] of Object.entries(graphs)) {
      const file = join(model.folder, graphFile(name, compute));
      await writeWhole(file, graph.encode(weightsRoot));
      written.add(basename(file));
    }
  }
  // But nothing that another process is writing at the same time.
  const others = (await readdir(folder)).filter((name) => !written.has(name.replace(/\.partial$/, "")));
  await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
}

/** The deepest folder that holds all files. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
    folder = dirname(folder);
  return folder;
}

/** A path inside the model's own folder is stored relative to it, so that the folder can be moved; others absolute. */
function portable(target: string, path: string): string {
  const inside = relative(target, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside || ".";
}
