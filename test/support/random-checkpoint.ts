import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { buildClip } from "../../src/onnx/clip-graph.ts";
import { clipConfig, t5Config, transformerConfig, vaeConfig } from "../../src/onnx/configs.ts";
import type { TensorView, WeightType } from "../../src/onnx/safetensors.ts";
import { buildT5 } from "../../src/onnx/t5-graph.ts";
import { buildTransformer } from "../../src/onnx/transformer-graph.ts";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/onnx/vae-graph.ts";
import { Weights } from "../../src/onnx/weights.ts";
import { bflTransformer, bflVae } from "./bfl-layout.ts";
import { type Segment, writeTensor } from "./random-values.ts";

/** What the `config.json` of each part says. */
export interface CheckpointConfigs {
  readonly transformer: z.input<typeof transformerConfig>;
  readonly text_encoder: z.input<typeof clipConfig>;
  readonly text_encoder_2: z.input<typeof t5Config>;
  readonly vae: z.input<typeof vaeConfig>;
}
export type PartFolder = keyof CheckpointConfigs;

/** Names and shapes of a part, in the order in which the graphs ask for them. */
export type Tensors = ReadonlyMap<string, readonly number[]>;

export interface RandomCheckpointOptions {
  readonly configs: CheckpointConfigs;
  /** The type stored; float32 when left out. */
  readonly type?: WeightType;
  /** Rounds every value to this type before it is stored: a float32 file can hold what a bfloat16 one holds. */
  readonly values?: WeightType;
  /** Files that the transformer and T5 are spread over. */
  readonly shards?: number;
  /** Only headers and a file of the right length that takes no disk: all weights read as zero. */
  readonly sparse?: boolean;
  readonly seed?: number;
  /** `bfl` writes transformer and VAE as BFL's single files; the same seed gives the same weights. */
  readonly layout?: "diffusers" | "bfl";
}

/** A tensor as a file holds it. */
export interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly segments: readonly Segment[];
}

/** Sizes that a test or a benchmark chooses; the rest follows or is as small as the graphs allow. */
export interface Sizes {
  readonly heads?: number;
  readonly headDim?: number;
  readonly doubleBlocks?: number;
  readonly singleBlocks?: number;
  readonly jointDim?: number;
  readonly pooledDim?: number;
  readonly textLayers?: number;
  readonly vocabulary?: number;
  readonly vaeChannels?: readonly number[];
  readonly vaeGroups?: number;
}

const fileStem: Record<PartFolder, string> = {
  transformer: "diffusion_pytorch_model",
  text_encoder: "model",
  text_encoder_2: "model",
  vae: "diffusion_pytorch_model",
};
const dtypes: Record<WeightType, [string, number]> = {
  float32: ["F32", 4],
  float16: ["F16", 2],
  bfloat16: ["BF16", 2],
};

/** Notes what is taken and never finds a fault. */
class RecordingWeights extends Weights {
  readonly tensors = new Map<string, readonly number[]>();

  constructor() {
    super("recording", new Map());
  }

  override take(name: string, shape: readonly number[]): TensorView {
    this.tensors.set(name, shape);
    return { file: "", type: "float32", storedType: "F32", shape, offset: 0, length: 0 };
  }

  override has(name: string): boolean {
    return name === "shared.weight";
  }
}

/** Names and shapes of all parts, learned by building the graphs: there is no second list of names to keep right. */
export function tensorsOf(configs: CheckpointConfigs): Record<PartFolder, Tensors> {
  const record = (build: (weights: Weights) => void): Tensors => {
    const weights = new RecordingWeights();
    build(weights);
    return weights.tensors;
  };
  const vae = vaeConfig.parse(configs.vae);
  return {
    transformer: record((weights) =>
      buildTransformer(transformerConfig.parse(configs.transformer), weights, { compute: "float32" }),
    ),
    text_encoder: record((weights) => buildClip(clipConfig.parse(configs.text_encoder), weights)),
    text_encoder_2: record((weights) =>
      buildT5(t5Config.parse(configs.text_encoder_2), weights, { compute: "float32" }),
    ),
    vae: record((weights) => {
      buildVaeEncoder(vae, weights);
      buildVaeDecoder(vae, weights);
    }),
  };
}

/** Writes a whole checkpoint folder, tensor by tensor; gives the bytes of its weight files. */
export async function writeRandomCheckpoint(folder: string, options: RandomCheckpointOptions): Promise<number> {
  const { configs, layout = "diffusers", seed = 1 } = options;
  const tensors = tensorsOf(configs);
  const stored = (part: PartFolder) => [...tensors[part]].map(([name, shape]) => storeWhole(seed, part, name, shape));
  await mkdir(join(folder, "scheduler"), { recursive: true });
  await writeJson(join(folder, "model_index.json"), { _class_name: "FluxKontextPipeline" });
  await writeJson(join(folder, "scheduler", "scheduler_config.json"), schedulerConfig);
  let bytes = 0;
  for (const part of Object.keys(fileStem) as PartFolder[]) {
    if (layout === "bfl" && part === "transformer") {
      bytes += await writeSafetensors(join(folder, "flux1.safetensors"), bflTransformer(stored(part)), options);
    } else if (layout === "bfl" && part === "vae") {
      bytes += await writeSafetensors(join(folder, "ae.safetensors"), bflVae(stored(part)), options);
    } else {
      await mkdir(join(folder, part), { recursive: true });
      await writeJson(join(folder, part, "config.json"), configs[part]);
      bytes += await writePart(join(folder, part, fileStem[part]), stored(part), {
        ...options,
        shards: part === "vae" || part === "text_encoder" ? 1 : (options.shards ?? 1),
      });
    }
  }
  return bytes;
}

/** diffusers' released scheduler config. */
const schedulerConfig = {
  _class_name: "FlowMatchEulerDiscreteScheduler",
  num_train_timesteps: 1000,
  use_dynamic_shifting: true,
  base_shift: 0.5,
  max_shift: 1.15,
  base_image_seq_len: 256,
  max_image_seq_len: 4096,
  shift: 3.0,
};

/** Configs of a checkpoint that is consistent in itself. */
export function checkpointConfigs(sizes: Sizes = {}): CheckpointConfigs {
  const { heads = 2, headDim = 16, jointDim = 24, pooledDim = 16, textLayers = 1, vocabulary = 64 } = sizes;
  const imageAxis = 2 * Math.floor((headDim * 7) / 32);
  return {
    transformer: {
      _class_name: "FluxTransformer2DModel",
      attention_head_dim: headDim,
      num_attention_heads: heads,
      num_layers: sizes.doubleBlocks ?? 1,
      num_single_layers: sizes.singleBlocks ?? 2,
      joint_attention_dim: jointDim,
      pooled_projection_dim: pooledDim,
      in_channels: 64,
      out_channels: null,
      patch_size: 1,
      guidance_embeds: true,
      axes_dims_rope: [headDim - 2 * imageAxis, imageAxis, imageAxis],
    },
    text_encoder: {
      model_type: "clip_text_model",
      hidden_size: pooledDim,
      intermediate_size: 4 * pooledDim,
      num_attention_heads: Math.max(1, pooledDim / 64),
      num_hidden_layers: textLayers,
      max_position_embeddings: 77,
      vocab_size: vocabulary,
      layer_norm_eps: 1e-5,
      hidden_act: "quick_gelu",
      eos_token_id: 2,
    },
    text_encoder_2: {
      model_type: "t5",
      d_model: jointDim,
      d_kv: Math.min(64, jointDim),
      d_ff: 2 * jointDim,
      num_heads: Math.max(1, jointDim / 64),
      num_layers: textLayers,
      vocab_size: vocabulary,
      relative_attention_num_buckets: 32,
      relative_attention_max_distance: 128,
      layer_norm_epsilon: 1e-6,
      feed_forward_proj: "gated-gelu",
    },
    vae: {
      _class_name: "AutoencoderKL",
      in_channels: 3,
      out_channels: 3,
      latent_channels: 16,
      block_out_channels: [...(sizes.vaeChannels ?? [8, 16])],
      layers_per_block: 1,
      norm_num_groups: sizes.vaeGroups ?? 4,
      act_fn: "silu",
      scaling_factor: 0.3611,
      shift_factor: 0.1159,
      mid_block_add_attention: true,
      use_quant_conv: false,
      use_post_quant_conv: false,
    },
  };
}

/** The last modulation is drawn as two halves, because the two layouts order them differently. */
function storeWhole(seed: number, part: PartFolder, name: string, shape: readonly number[]): Stored {
  const count = shape.reduce((product, side) => product * side, 1);
  const halves = name.startsWith("norm_out.linear.") ? 2 : 1;
  const isNormScale = shape.length === 1 && name.endsWith(".weight");
  const fanIn = shape.length === 1 ? 400 : count / shape[0]!;
  const segments = Array.from({ length: halves }, (_, half) => ({
    key: `${seed}:${part}:${name}:${half}`,
    count: count / halves,
    // A norm's scale is 1 give or take, so that mistaking one for another shows; all else keeps the variance in bounds.
    centre: isNormScale ? 1 : 0,
    spread: isNormScale ? 0.1 : 1 / Math.sqrt(fanIn),
  }));
  return { name, shape, segments };
}

async function writePart(stem: string, tensors: readonly Stored[], options: RandomCheckpointOptions): Promise<number> {
  const shards = options.shards ?? 1;
  if (shards === 1) return writeSafetensors(`${stem}.safetensors`, tensors, options);
  const weightMap: Record<string, string> = {};
  let bytes = 0;
  for (let i = 0; i < shards; i += 1) {
    const own = tensors.slice((i * tensors.length) / shards, ((i + 1) * tensors.length) / shards);
    const number = (n: number) => `${n}`.padStart(5, "0");
    const file = `${stem}-${number(i + 1)}-of-${number(shards)}.safetensors`;
    for (const { name } of own) weightMap[name] = file.slice(file.lastIndexOf("/") + 1);
    bytes += await writeSafetensors(file, own, options);
  }
  await writeJson(`${stem}.safetensors.index.json`, { metadata: { total_size: bytes }, weight_map: weightMap });
  return bytes;
}

async function writeSafetensors(
  file: string,
  tensors: readonly Stored[],
  { type = "float32", values = type, sparse = false }: RandomCheckpointOptions,
): Promise<number> {
  const [dtype, elementBytes] = dtypes[type];
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { name, shape } of tensors) {
    const begin = end;
    end += shape.reduce((product, side) => product * side, elementBytes);
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const text = json.padEnd(Math.ceil(json.length / 8) * 8);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, "w");
  try {
    await handle.write(Buffer.concat([prefix, Buffer.from(text)]));
    if (sparse) await handle.truncate(8 + text.length + end);
    else for (const { segments } of tensors) await writeTensor(handle, segments, type, values);
  } finally {
    await handle.close();
  }
  return end;
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
