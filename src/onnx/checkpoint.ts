import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { exists } from "../core/exists.ts";
import { parseSchedulerConfig } from "../model/scheduler-config.ts";
import { isBflTransformer, isBflVae, renameTransformer, renameVae } from "./bfl-names.ts";
import {
  type ClipConfig,
  clipConfig,
  type T5Config,
  type TransformerConfig,
  t5Config,
  transformerConfig,
  type VaeConfig,
  vaeConfig,
} from "./configs.ts";
import { readSafetensors, type TensorView } from "./safetensors.ts";
import { t5TokensMax } from "./t5-graph.ts";

interface Part<Config> {
  readonly config: Config;
  /** Tensors by their diffusers names. */
  readonly views: ReadonlyMap<string, TensorView>;
}

/** A checkpoint folder as read: configs checked, headers of all weight files parsed, no weight loaded. */
export interface Checkpoint {
  readonly folder: string;
  readonly transformer: Part<TransformerConfig>;
  readonly t5: Part<T5Config>;
  readonly clip: Part<ClipConfig>;
  readonly vae: Part<VaeConfig>;
  /** scheduler_config.json as it stands. */
  readonly scheduler: Record<string, unknown>;
  /** Tokenizer folders, where both exist, and the tokens that T5's makes of a prompt. */
  readonly tokenizers: { readonly clip: string; readonly t5: string; readonly t5Tokens: number } | null;
}

type Views = Map<string, TensorView>;

/** What BFL's code says about the model where its single files carry no config. */
const bflVae = { scaling_factor: 0.3611, shift_factor: 0.1159, norm_num_groups: 32 };
/** The released scheduler config; the shifts also stand in BFL's `sampling.py`. */
const fluxScheduler = {
  _class_name: "FlowMatchEulerDiscreteScheduler",
  num_train_timesteps: 1000,
  use_dynamic_shifting: true,
  base_shift: 0.5,
  max_shift: 1.15,
  base_image_seq_len: 256,
  max_image_seq_len: 4096,
};

/**
 * Opens a diffusers folder (`transformer/`, `text_encoder/`, `text_encoder_2/`, `vae/`, `scheduler/`, tokenizers).
 * BFL's single files in the folder stand in for `transformer/` and `vae/`. All faults are listed together.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  await requireFolder(folder);
  const faults: string[] = [];
  const attempt = async <T>(work: Promise<T>): Promise<T | undefined> =>
    work.catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      faults.push(...(error.faults.length > 0 ? error.faults : [error.message]));
      return undefined;
    });
  await attempt(checkPipelineClass(folder));
  const transformer = await attempt(openTransformer(folder));
  const clip = await attempt(openPart(folder, "text_encoder", clipConfig));
  const t5 = await attempt(openPart(folder, "text_encoder_2", t5Config));
  const vae = await attempt(openVae(folder));
  const scheduler = await attempt(readScheduler(folder));
  const tokenizers = await attempt(findTokenizers(folder));
  if (faults.length > 0 || !transformer || !t5 || !clip || !vae || !scheduler || tokenizers === undefined) {
    throw new Refused("BAD_MODEL", `${folder} cannot be read as a FLUX.1 Kontext checkpoint`, faults);
  }
  return { folder, transformer, t5, clip, vae, scheduler, tokenizers };
}

async function requireFolder(folder: string): Promise<void> {
  await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === "ENOENT" ? "does not exist" : error.code === "ENOTDIR" ? "is not a folder" : error.message;
    throw new Refused(
      "BAD_MODEL",
      `${folder} ${why}; a diffusers folder with transformer/, vae/ and text encoders is expected`,
    );
  });
}

async function checkPipelineClass(folder: string): Promise<void> {
  const file = join(folder, "model_index.json");
  if (!(await exists(file))) return;
  const name = (await readJson(file))._class_name;
  if (typeof name !== "string" || !/^FluxKontext/.test(name)) {
    throw new Refused("BAD_MODEL", `model_index.json: the class is ${name}; FluxKontextPipeline is expected`);
  }
}

async function openPart<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<Part<z.infer<Schema>>> {
  if (!(await exists(join(folder, name)))) throw new Refused("BAD_MODEL", `${name}/: missing`);
  const config = checkConfig(
    join(name, "config.json"),
    schema,
    await readJson(join(folder, name, "config.json"), folder),
  );
  return { config, views: await readViews(join(folder, name)) };
}

/** All tensors of a part: from the shards that an index lists, or from the one weight file. */
async function readViews(folder: string): Promise<Views> {
  const names = await readdir(folder);
  const index = names.find((name) => name.endsWith(".safetensors.index.json"));
  const files =
    index === undefined ? names.filter((name) => name.endsWith(".safetensors")) : await shardsOf(join(folder, index));
  if (files.length === 0) throw new Refused("BAD_MODEL", `${basename(folder)}/: no .safetensors file`);
  if (index === undefined && files.length > 1) {
    throw new Refused(
      "BAD_MODEL",
      `${basename(folder)}/: ${files.length} weight files (${files.join(", ")}) without an index; leave one`,
    );
  }
  const views: Views = new Map();
  for (const file of files) {
    for (const [name, view] of await readSafetensors(join(folder, file))) views.set(name, view);
  }
  return views;
}

async function shardsOf(index: string): Promise<string[]> {
  const schema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+\.safetensors$/)) });
  const { weight_map } = checkConfig(basename(index), schema, await readJson(index));
  return [...new Set(Object.values(weight_map))].sort();
}

async function openTransformer(folder: string): Promise<Part<TransformerConfig>> {
  if (await exists(join(folder, "transformer"))) return openPart(folder, "transformer", transformerConfig);
  const single = await findSingleFile(folder, isBflTransformer);
  if (single === undefined) throw new Refused("BAD_MODEL", "transformer/: missing, and no BFL single file beside it");
  const views = renameTransformer(single);
  return { config: checkConfig("BFL transformer", transformerConfig, inferTransformer(views)), views };
}

async function openVae(folder: string): Promise<Part<VaeConfig>> {
  if (await exists(join(folder, "vae"))) return openPart(folder, "vae", vaeConfig);
  const single = await findSingleFile(folder, isBflVae);
  if (single === undefined) throw new Refused("BAD_MODEL", "vae/: missing, and no BFL ae.safetensors beside it");
  const views = renameVae(single);
  return { config: checkConfig("BFL autoencoder", vaeConfig, inferVae(views)), views };
}

async function findSingleFile(folder: string, matches: (views: Views) => boolean): Promise<Views | undefined> {
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".safetensors")).sort()) {
    const views = await readSafetensors(join(folder, name));
    if (matches(views)) return views;
  }
  return undefined;
}

/** A BFL file carries no config: shapes tell all but the rotary axes, which are taken to be FLUX's. */
function inferTransformer(views: Views): unknown {
  const shape = (name: string) => views.get(name)?.shape ?? [];
  const blocks = (prefix: string) =>
    1 + Math.max(-1, ...[...views.keys()].map((name) => Number(name.startsWith(prefix) ? name.split(".")[1] : -1)));
  const [hidden = 0, inChannels] = shape("x_embedder.weight");
  const [headDim = 0] = shape("transformer_blocks.0.attn.norm_q.weight");
  return {
    _class_name: "FluxTransformer2DModel",
    attention_head_dim: headDim,
    num_attention_heads: headDim === 0 ? 0 : hidden / headDim,
    num_layers: blocks("transformer_blocks."),
    num_single_layers: blocks("single_transformer_blocks."),
    joint_attention_dim: shape("context_embedder.weight")[1],
    pooled_projection_dim: shape("time_text_embed.text_embedder.linear_1.weight")[1],
    in_channels: inChannels,
    out_channels: null,
    patch_size: 1,
    guidance_embeds: views.has("time_text_embed.guidance_embedder.linear_1.weight"),
  };
}

function inferVae(views: Views): unknown {
  const levels = [...views.keys()]
    .filter((name) => /^encoder\.down_blocks\.\d+\.resnets\.0\.conv2\.bias$/.test(name))
    .sort();
  const resnets = [...views.keys()].filter((name) => /^encoder\.down_blocks\.0\.resnets\.\d+\.conv2\.bias$/.test(name));
  return {
    _class_name: "AutoencoderKL",
    in_channels: views.get("encoder.conv_in.weight")?.shape[1],
    out_channels: views.get("decoder.conv_out.weight")?.shape[0],
    latent_channels: views.get("decoder.conv_in.weight")?.shape[1],
    block_out_channels: levels.map((name) => views.get(name)?.shape[0]),
    layers_per_block: resnets.length,
    act_fn: "silu",
    use_quant_conv: views.has("quant_conv.weight"),
    use_post_quant_conv: views.has("post_quant_conv.weight"),
    mid_block_add_attention: views.has("encoder.mid_block.attentions.0.to_q.weight"),
    ...bflVae,
  };
}

/** The scheduler's config as it stands, checked. */
async function readScheduler(folder: string): Promise<Record<string, unknown>> {
  const file = join(folder, "scheduler", "scheduler_config.json");
  const config = (await exists(file)) ? await readJson(file) : fluxScheduler;
  parseSchedulerConfig(config);
  return config;
}

/** Tokenizer folders by presence; a checkpoint with only one of the two is broken. */
async function findTokenizers(folder: string): Promise<Checkpoint["tokenizers"]> {
  const [clip, t5] = [join(folder, "tokenizer"), join(folder, "tokenizer_2")];
  const [hasClip, hasT5] = [await exists(clip), await exists(t5)];
  if (hasClip !== hasT5) throw new Refused("BAD_MODEL", `${hasClip ? "tokenizer_2" : "tokenizer"}/: missing`);
  return hasClip ? { clip, t5, t5Tokens: await lengthOf(t5) } : null;
}

async function lengthOf(tokenizer: string): Promise<number> {
  const file = join(tokenizer, "tokenizer_config.json");
  const length = (await exists(file)) ? (await readJson(file)).model_max_length : undefined;
  return typeof length === "number" ? Math.min(length, t5TokensMax) : t5TokensMax;
}

async function readJson(file: string, root = dirname(dirname(file))): Promise<Record<string, unknown>> {
  const name = file.startsWith(root) ? file.slice(root.length + 1) : file;
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Refused("BAD_MODEL", `${name}: ${error.code === "ENOENT" ? "missing" : (error.code ?? error.message)}`);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The refusal below says it.
  }
  throw new Refused("BAD_MODEL", `${name}: not a JSON object`);
}

function checkConfig<Schema extends z.ZodType>(name: string, schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${name}: ${issue.path.join(".") || "content"}: ${issue.message}`);
  throw new Refused("BAD_MODEL", faults[0]!, faults);
}
