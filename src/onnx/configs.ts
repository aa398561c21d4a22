import { z } from "zod";

const count = z.number().int().min(1).max(512);
const width = z.number().int().min(1).max(1_048_576);
const epsilon = z.number().positive().max(1);

/** `transformer/config.json`. Ranges are wide enough for any FLUX and tight enough to refuse nonsense; defaults are diffusers'. */
export const transformerConfig = z
  .object({
    _class_name: z.literal("FluxTransformer2DModel"),
    attention_head_dim: z.number().int().min(2).max(512),
    num_attention_heads: count,
    num_layers: z.number().int().min(0).max(512),
    num_single_layers: z.number().int().min(0).max(512),
    joint_attention_dim: width,
    pooled_projection_dim: width,
    in_channels: z.number().int().min(4).max(4096).multipleOf(4),
    out_channels: z.number().int().nullish(),
    patch_size: z.literal(1).default(1),
    guidance_embeds: z.boolean().default(false),
    axes_dims_rope: z.array(z.number().int().min(2).multipleOf(2)).length(3).default([16, 56, 56]),
  })
  .refine((config) => config.axes_dims_rope.reduce((sum, dim) => sum + dim, 0) === config.attention_head_dim, {
    path: ["axes_dims_rope"],
    message: "must add up to attention_head_dim (16, 56 and 56 where nothing says them, as in BFL's single files)",
  })
  .refine((config) => config.num_layers + config.num_single_layers > 0, {
    path: ["num_layers"],
    message: "a transformer without blocks",
  })
  .refine((config) => (config.out_channels ?? config.in_channels) === config.in_channels, {
    path: ["out_channels"],
    message: "must equal in_channels or be null: the prediction is subtracted from the latents",
  });
export type TransformerConfig = z.infer<typeof transformerConfig>;

/** `text_encoder_2/config.json` (T5); defaults are transformers'. */
export const t5Config = z.object({
  model_type: z.literal("t5"),
  d_model: width,
  d_kv: z.number().int().min(1).max(512),
  d_ff: width,
  num_heads: count,
  num_layers: count,
  vocab_size: width,
  relative_attention_num_buckets: z.number().int().min(4).max(1024).multipleOf(2).default(32),
  relative_attention_max_distance: z.number().int().min(4).max(65_536).default(128),
  layer_norm_epsilon: epsilon.default(1e-6),
  /** That of T5 v1.1, as FLUX has it, or of the first T5. */
  feed_forward_proj: z.enum(["gated-gelu", "relu"]).default("relu"),
});
export type T5Config = z.infer<typeof t5Config>;

/** `text_encoder/config.json` (CLIP); defaults are transformers'. */
export const clipConfig = z
  .object({
    model_type: z.literal("clip_text_model"),
    hidden_size: width,
    intermediate_size: width,
    num_attention_heads: count,
    num_hidden_layers: count,
    max_position_embeddings: z.number().int().min(2).max(65_536).default(77),
    vocab_size: width,
    layer_norm_eps: epsilon.default(1e-5),
    hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
    eos_token_id: z.number().int().nonnegative().default(49_407),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ["num_attention_heads"],
    message: "must divide hidden_size",
  });
export type ClipConfig = z.infer<typeof clipConfig>;

/** Levels of a VAE. */
const levelsMax = 4;

/** `vae/config.json` (AutoencoderKL). */
export const vaeConfig = z
  .object({
    _class_name: z.literal("AutoencoderKL"),
    in_channels: z.literal(3),
    out_channels: z.literal(3),
    latent_channels: z.number().int().min(1).max(1024),
    block_out_channels: z
      .array(z.number().int().min(1).max(8192))
      .min(1)
      .max(levelsMax, `at most ${levelsMax}: a latent cell of FLUX is 8 pixels wide, and sizes are chosen for that`),
    layers_per_block: z.number().int().min(1).max(32).default(1),
    norm_num_groups: z.number().int().min(1).max(1024).default(32),
    act_fn: z.literal("silu").default("silu"),
    scaling_factor: z.number().positive(),
    shift_factor: z
      .number()
      .nullish()
      .transform((shift) => shift ?? 0),
    mid_block_add_attention: z.boolean().default(true),
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    down_block_types: z.array(z.literal("DownEncoderBlock2D")).optional(),
    up_block_types: z.array(z.literal("UpDecoderBlock2D")).optional(),
  })
  .refine((config) => config.block_out_channels.every((channels) => channels % config.norm_num_groups === 0), {
    path: ["norm_num_groups"],
    message: "must divide every entry of block_out_channels",
  });
export type VaeConfig = z.infer<typeof vaeConfig>;

/** Pixels per latent cell along one side: one halving between each pair of levels. */
export function vaeScaleFactor(config: VaeConfig): number {
  return 2 ** (config.block_out_channels.length - 1);
}
