import { Refused } from "../core/errors.ts";
import type { PartName } from "../model/manifest.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { buildClip } from "./clip-graph.ts";
import type { Graph } from "./graph.ts";
import type { TensorView, WeightType } from "./safetensors.ts";
import { buildT5 } from "./t5-graph.ts";
import { buildTransformer } from "./transformer-graph.ts";
import { buildVaeDecoder, buildVaeEncoder } from "./vae-graph.ts";
import { precisionOf, Weights } from "./weights.ts";

export interface BuiltPart {
  /** By the type of the matrix products. Float32 runs everywhere; 16-bit graphs are for GPUs. */
  readonly graphs: { readonly float32: Graph; readonly float16?: Graph; readonly bfloat16?: Graph };
  readonly weights: Weights;
  readonly precision: WeightType;
}

/**
 * Builds every graph of a checkpoint, which checks every tensor against the configs; throws `Refused` BAD_MODEL with the
 * faults of all parts together.
 *
 * Weights of 16 bits get a second graph that multiplies in that type, for the transformer and, in bfloat16 only, for T5
 * (its activations overflow float16). CLIP and the VAE are small and stay in float32.
 */
export function buildParts({ transformer, t5, clip, vae }: Checkpoint): Record<PartName, BuiltPart> {
  const parts = {
    transformer: buildPart(
      "transformer",
      transformer.views,
      (weights, compute) => buildTransformer(transformer.config, weights, { compute }),
      ["float16", "bfloat16"],
    ),
    t5: buildPart("text_encoder_2", t5.views, (weights, compute) => buildT5(t5.config, weights, { compute }), [
      "bfloat16",
    ]),
    clip: buildPart("text_encoder", clip.views, (weights) => buildClip(clip.config, weights)),
    vaeEncoder: buildPart("vae", vae.views, (weights) => buildVaeEncoder(vae.config, weights)),
    vaeDecoder: buildPart("vae", vae.views, (weights) => buildVaeDecoder(vae.config, weights)),
  };
  const faults = [
    ...new Set([
      ...Object.values(parts).flatMap((part) => part.weights.faults),
      ...mismatches({ transformer, t5, clip, vae }),
    ]),
  ];
  if (faults.length > 0) throw new Refused("BAD_MODEL", `the checkpoint has ${faults.length} faults`, faults);
  return parts;
}

function buildPart(
  name: string,
  views: ReadonlyMap<string, TensorView>,
  build: (weights: Weights, compute: WeightType) => Graph,
  nativeTypes: readonly WeightType[] = [],
): BuiltPart {
  const weights = new Weights(name, views);
  const precision = precisionOf(views.values());
  const float32 = build(weights, "float32");
  const native = nativeTypes.includes(precision) ? { [precision]: build(weights, precision) } : {};
  return { graphs: { float32, ...native }, weights, precision };
}

/** Widths in which two parts must agree. */
function mismatches({ transformer, t5, clip, vae }: Pick<Checkpoint, "transformer" | "t5" | "clip" | "vae">): string[] {
  const { joint_attention_dim, pooled_projection_dim, in_channels } = transformer.config;
  const pairs: [string, number, string, number][] = [
    ["transformer joint_attention_dim", joint_attention_dim, "text_encoder_2 d_model", t5.config.d_model],
    ["transformer pooled_projection_dim", pooled_projection_dim, "text_encoder hidden_size", clip.config.hidden_size],
    ["transformer in_channels", in_channels, "4 × vae latent_channels", 4 * vae.config.latent_channels],
  ];
  return pairs.filter(([, a, , b]) => a !== b).map(([left, a, right, b]) => `${left} is ${a}, but ${right} is ${b}`);
}
