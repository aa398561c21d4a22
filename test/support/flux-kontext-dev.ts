import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { CheckpointConfigs } from "./random-checkpoint.ts";

/** Names and shapes of all tensors of FLUX.1 Kontext [dev], by folder, and of BFL's two single files. */
export const realTensors = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, "../fixtures/flux-kontext-dev-tensors.json.gz"))).toString("utf8"),
) as Record<string, Record<string, number[]>>;

/** The configs of FLUX.1 Kontext [dev]; smaller depths keep the widths. */
export function realConfigs(depth = { double: 19, single: 38, t5: 24 }): CheckpointConfigs {
  return {
    transformer: {
      _class_name: "FluxTransformer2DModel",
      attention_head_dim: 128,
      num_attention_heads: 24,
      num_layers: depth.double,
      num_single_layers: depth.single,
      joint_attention_dim: 4096,
      pooled_projection_dim: 768,
      in_channels: 64,
      out_channels: null,
      patch_size: 1,
      guidance_embeds: true,
      axes_dims_rope: [16, 56, 56],
    },
    text_encoder: {
      model_type: "clip_text_model",
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
      num_hidden_layers: 12,
      max_position_embeddings: 77,
      vocab_size: 49408,
      layer_norm_eps: 1e-5,
      hidden_act: "quick_gelu",
      eos_token_id: 2,
    },
    text_encoder_2: {
      model_type: "t5",
      d_model: 4096,
      d_kv: 64,
      d_ff: 10240,
      num_heads: 64,
      num_layers: depth.t5,
      vocab_size: 32128,
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
      block_out_channels: [128, 256, 512, 512],
      layers_per_block: 2,
      norm_num_groups: 32,
      act_fn: "silu",
      scaling_factor: 0.3611,
      shift_factor: 0.1159,
      mid_block_add_attention: true,
      use_quant_conv: false,
      use_post_quant_conv: false,
    },
  };
}
