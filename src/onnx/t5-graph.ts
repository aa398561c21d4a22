import type { T5Config } from "./configs.ts";
import type { Graph, Value } from "./graph.ts";
import { Layers } from "./layers.ts";
import type { WeightType } from "./safetensors.ts";
import type { Weights } from "./weights.ts";

/** The longest prompt in tokens that FLUX was trained with; longer inputs are refused by the tokenizer. */
export const t5TokensMax = 512;

/**
 * Bucket of a relative position `key - query` (T5's bidirectional rule): half of the buckets for each sign; within a
 * half the first half of the numbers one by one, the rest in logarithmic steps up to `maxDistance`.
 */
export function relativePositionBucket(relative: number, buckets: number, maxDistance: number): number {
  const half = buckets / 2;
  const exact = Math.floor(half / 2);
  const sign = relative > 0 ? half : 0;
  const distance = Math.abs(relative);
  if (distance < exact) return sign + distance;
  // Powers of two lie exactly on bucket borders: a hair upwards keeps them from falling below by rounding.
  const steps = (Math.log(distance / exact) / Math.log(maxDistance / exact)) * (half - exact) + 1e-9;
  return sign + Math.min(half - 1, exact + Math.floor(steps));
}

/**
 * The T5 encoder, of v1.1 or the first. Input `input_ids` [batch, tokens] int64 with tokens ≤ 512, padding included: pads are attended
 * to as FLUX was trained. Output `last_hidden_state` [batch, tokens, d_model] float32.
 */
export function buildT5(config: T5Config, weights: Weights, options: { compute: WeightType }): Graph {
  const layers = new Layers("t5", weights, options.compute);
  const { graph } = layers;
  const { d_model: model, vocab_size: vocab } = config;
  const ids = graph.input("input_ids", "int64", ["batch", "tokens"]);
  const tokens = layers.tokensShape(ids);
  const embedding = weights.has("shared.weight") ? "shared.weight" : "encoder.embed_tokens.weight";
  const type = weights.take(embedding, [vocab, model]).type ?? "float32";
  const table = layers.weight(embedding, [vocab, model], type);
  const looked = graph.node("Gather", [table, ids], { axis: 0 });
  let x = type === layers.compute ? looked : graph.cast(looked, layers.compute);
  const bias = relativeBias(layers, config, ids);
  for (let i = 0; i < config.num_layers; i += 1) x = block(layers, config, `encoder.block.${i}`, x, bias, tokens);
  const out = norm(layers, config, "encoder.final_layer_norm", x);
  graph.output(layers.wide(out), "last_hidden_state", "float32", ["batch", "tokens", model]);
  return graph;
}

function norm(layers: Layers, config: T5Config, name: string, x: Value): Value {
  const scale = layers.weight(`${name}.weight`, [config.d_model], "float32");
  return layers.narrow(layers.rmsNorm(x, scale, config.layer_norm_epsilon));
}

function block(layers: Layers, config: T5Config, name: string, x: Value, bias: Value, tokens: Value): Value {
  const { d_model: model, num_heads: heads, d_kv, d_ff } = config;
  const inner = heads * d_kv;
  const attn = `${name}.layer.0.SelfAttention`;
  const y = norm(layers, config, `${name}.layer.0.layer_norm`, x);
  const project = (letter: string) => layers.linear(y, `${attn}.${letter}`, [model, inner], { tokens, bias: false });
  const attended = attention(layers, heads, { q: project("q"), k: project("k"), v: project("v") }, bias);
  const afterAttention = layers.add(x, layers.linear(attended, `${attn}.o`, [inner, model], { tokens, bias: false }));
  const z = norm(layers, config, `${name}.layer.1.layer_norm`, afterAttention);
  const ff = `${name}.layer.1.DenseReluDense`;
  const wide = feedForward(layers, config, ff, z);
  return layers.add(afterAttention, layers.linear(wide, `${ff}.wo`, [d_ff, model], { tokens, bias: false }));
}

function feedForward(
  layers: Layers,
  { d_model: model, d_ff, feed_forward_proj }: T5Config,
  name: string,
  z: Value,
): Value {
  const project = (weight: string) => layers.linear(z, `${name}.${weight}`, [model, d_ff], { bias: false });
  if (feed_forward_proj === "relu") return layers.graph.node("Relu", [project("wi")]);
  return layers.mul(layers.graph.node("Gelu", [project("wi_0")], { approximate: "tanh" }), project("wi_1"));
}

/**
 * T5 scales no scores. Most keys of a prompt are pads with almost equal values, and a float32 sum over hundreds of equal
 * terms drifts; values relative to the last key's are near zero there, and softmax rows add up to 1. This brings the
 * error of the whole encoder from 3e-5 to 4e-6.
 */
function attention(layers: Layers, heads: number, { q, k, v }: Record<"q" | "k" | "v", Value>, bias: Value): Value {
  const { graph } = layers;
  const at = (position: number) => graph.constant("int64", [position], [1]);
  const last = graph.node("Slice", [v, at(-1), at(Number.MAX_SAFE_INTEGER), at(1)]);
  const relative = graph.node("Sub", [v, last]);
  return layers.add(layers.attention(q, k, relative, heads, { scale: { float: 1 } }, bias), last);
}

/** One bias `[1, heads, query, key]` for all layers, from the table that the first block holds. */
function relativeBias(layers: Layers, config: T5Config, ids: Value): Value {
  const { graph } = layers;
  const { num_heads: heads, relative_attention_num_buckets: buckets, relative_attention_max_distance: far } = config;
  const table = layers.weight(
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
    [buckets, heads],
    layers.compute,
  );
  const span = 2 * t5TokensMax - 1;
  const bucketOf = Array.from({ length: span }, (_, i) => relativePositionBucket(i - (t5TokensMax - 1), buckets, far));
  const scalar = (value: number) => graph.constant("int64", [value], []);
  const length = graph.node("Squeeze", [graph.node("Shape", [ids], { start: 1, end: 2 })]);
  const positions = graph.node("Range", [scalar(0), length, scalar(1)]);
  const axis = (at: number) => graph.node("Unsqueeze", [positions, graph.constant("int64", [at], [1])]);
  const relative = graph.node("Sub", [axis(0), axis(1)]);
  const index = layers.add(relative, scalar(t5TokensMax - 1));
  const bucket = graph.node("Gather", [graph.constant("int64", bucketOf, [span]), index], { axis: 0 });
  const bias = graph.node("Transpose", [graph.node("Gather", [table, bucket], { axis: 0 })], { perm: [2, 0, 1] });
  return graph.node("Unsqueeze", [bias, graph.constant("int64", [0], [1])]);
}
