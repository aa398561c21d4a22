import type { ClipConfig } from "./configs.ts";
import type { Graph, Value } from "./graph.ts";
import { Layers } from "./layers.ts";
import type { Weights } from "./weights.ts";

/** `eos_token_id` of the configs written before the real id was stored: it means "the largest id". */
const legacyEosTokenId = 2;

/**
 * The CLIP text encoder, float32. Input `input_ids` [batch, tokens] int64, tokens ≤ max_position_embeddings. Outputs
 * `last_hidden_state` [batch, tokens, hidden] and `pooled` [batch, hidden]: the row of the first end token, without a
 * projection.
 */
export function buildClip(config: ClipConfig, weights: Weights): Graph {
  const layers = new Layers("clip", weights, "float32");
  const { graph } = layers;
  const { hidden_size: hidden, vocab_size, max_position_embeddings } = config;
  const ids = graph.input("input_ids", "int64", ["batch", "tokens"]);
  const tokens = layers.tokensShape(ids);
  const embeddings = "text_model.embeddings";
  const words = graph.node("Gather", [
    layers.weight(`${embeddings}.token_embedding.weight`, [vocab_size, hidden]),
    ids,
  ]);
  const positions = graph.node("Slice", [
    layers.weight(`${embeddings}.position_embedding.weight`, [max_position_embeddings, hidden]),
    graph.constant("int64", [0], [1]),
    graph.node("Shape", [ids], { start: 1, end: 2 }),
    graph.constant("int64", [0], [1]),
  ]);
  let x = layers.add(words, positions);
  for (let i = 0; i < config.num_hidden_layers; i += 1) {
    x = block(layers, config, `text_model.encoder.layers.${i}`, x, tokens);
  }
  const states = norm(layers, config, "text_model.final_layer_norm", x);
  graph.output(states, "last_hidden_state", "float32", ["batch", "tokens", hidden]);
  graph.output(pool(layers, config, states, ids), "pooled", "float32", ["batch", hidden]);
  return graph;
}

function norm(layers: Layers, config: ClipConfig, name: string, x: Value): Value {
  const shape = [config.hidden_size];
  return layers.layerNorm(
    x,
    layers.weight(`${name}.weight`, shape),
    layers.weight(`${name}.bias`, shape),
    config.layer_norm_eps,
  );
}

function block(layers: Layers, config: ClipConfig, name: string, x: Value, tokens: Value): Value {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads } = config;
  const y = norm(layers, config, `${name}.layer_norm1`, x);
  const project = (letter: string) =>
    layers.linear(y, `${name}.self_attn.${letter}_proj`, [hidden, hidden], { tokens });
  const attended = layers.attention(project("q"), project("k"), project("v"), heads, { unidirectional: 1 });
  const out = layers.linear(attended, `${name}.self_attn.out_proj`, [hidden, hidden], { tokens });
  const afterAttention = layers.add(x, out);
  const z = norm(layers, config, `${name}.layer_norm2`, afterAttention);
  const wide = layers.linear(z, `${name}.mlp.fc1`, [hidden, inner]);
  const activated =
    config.hidden_act === "quick_gelu"
      ? layers.graph.node("QuickGelu", [wide], { alpha: { float: 1.702 } })
      : layers.graph.node("Gelu", [wide]);
  return layers.add(afterAttention, layers.linear(activated, `${name}.mlp.fc2`, [inner, hidden], { tokens }));
}

/** Picks one row per sample: at the largest id (legacy configs) or at the first id that equals `eos_token_id`. */
function pool(layers: Layers, config: ClipConfig, states: Value, ids: Value): Value {
  const { graph } = layers;
  const score =
    config.eos_token_id === legacyEosTokenId
      ? ids
      : graph.cast(graph.node("Equal", [ids, graph.constant("int64", [config.eos_token_id], [1])]), "int64");
  // Float32 holds every id below 2^24 exactly, and ArgMax on float32 exists on every provider.
  const row = graph.node("ArgMax", [graph.cast(score, "float32")], { axis: 1, keepdims: 1, select_last_index: 0 });
  return graph.node("GatherND", [states, row], { batch_dims: 1 });
}
