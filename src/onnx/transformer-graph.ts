import type { TransformerConfig } from "./configs.ts";
import type { Graph, Value } from "./graph.ts";
import { Layers } from "./layers.ts";
import type { WeightType } from "./safetensors.ts";
import type { Weights } from "./weights.ts";

/** LN and RMS epsilon of the whole FLUX transformer; not in its config. */
const epsilon = 1e-6;
/** Sinusoidal embedding width of timestep and guidance; not in its config. */
export const timeProjectionDim = 256;
/** Width of the feed-forward layers in units of the hidden size. */
const mlpRatio = 4;

export interface TransformerGraphOptions {
  /** Type of the matrix products and of the residual stream. */
  readonly compute: WeightType;
  /** Also gives every block's streams as outputs (`transformer_blocks.0.img`, …), for tests against a reference. */
  readonly intermediates?: boolean;
}

/** One sample's text tokens and image tokens (target, then context) as they go through the double blocks. */
interface Streams {
  text: Value;
  image: Value;
}

/**
 * The FLUX transformer (MMDiT). All inputs and the output are float32:
 * `hidden_states` [batch, target, in], `image_latents` [batch, context, in] (context may be 0),
 * `encoder_hidden_states` [batch, text, joint], `pooled_projections` [batch, pooled],
 * `timestep_proj` and `guidance_proj` [batch, 256] (sinusoids of 1000 sigma and 1000 guidance),
 * `rotary_cos` and `rotary_sin` [text + target + context, head / 2] in that token order.
 * Output `noise_pred` [batch, target, in]; context tokens' predictions are never computed.
 */
export function buildTransformer(config: TransformerConfig, weights: Weights, options: TransformerGraphOptions): Graph {
  return new TransformerBuilder(config, weights, options).build();
}

class TransformerBuilder {
  readonly #config: TransformerConfig;
  readonly #layers: Layers;
  readonly #intermediates: boolean;
  readonly #hidden: number;
  #one!: Value;
  #conditioning!: Value;
  #rotary!: { position: Value; cos: Value; sin: Value };
  #textLength!: Value;
  #targetEnd!: Value;
  #tokens!: { text: Value; image: Value; joint: Value; target: Value };

  constructor(config: TransformerConfig, weights: Weights, options: TransformerGraphOptions) {
    this.#config = config;
    this.#layers = new Layers("transformer", weights, options.compute);
    this.#intermediates = options.intermediates ?? false;
    this.#hidden = config.num_attention_heads * config.attention_head_dim;
  }

  build(): Graph {
    const { graph } = this.#layers;
    const { num_layers, num_single_layers, in_channels } = this.#config;
    let streams = this.#embed();
    for (let i = 0; i < num_layers; i += 1) {
      streams = this.#doubleBlock(`transformer_blocks.${i}`, streams);
      this.#show(`transformer_blocks.${i}.txt`, streams.text);
      this.#show(`transformer_blocks.${i}.img`, streams.image);
    }
    let joint = graph.node("Concat", [streams.text, streams.image], { axis: 1 });
    let target: Value | undefined;
    for (let i = 0; i < num_single_layers; i += 1) {
      const last = i === num_single_layers - 1 && !this.#intermediates;
      const name = `single_transformer_blocks.${i}`;
      if (last) target = this.#singleBlock(name, joint, "target");
      else joint = this.#singleBlock(name, joint, "all");
      this.#showJoint(name, joint);
    }
    target ??= this.#targetRows(joint);
    const modulation = this.#finalModulation();
    const normed = this.#modulatedNorm(target, modulation.shift, modulation.scale);
    this.#show("norm_out", normed);
    const layers = this.#layers;
    const noisePred = layers.linear(normed, "proj_out", [this.#hidden, in_channels], { tokens: this.#tokens.target });
    graph.output(layers.wide(noisePred), "noise_pred", "float32", ["batch", "target", in_channels]);
    return graph;
  }

  /** Inputs, the conditioning vector shared by all modulations, and the two embedded streams. */
  #embed(): Streams {
    const layers = this.#layers;
    const { graph } = layers;
    const { in_channels, joint_attention_dim, attention_head_dim } = this.#config;
    const hiddenStates = graph.input("hidden_states", "float32", ["batch", "target", in_channels]);
    const imageLatents = graph.input("image_latents", "float32", ["batch", "context", in_channels]);
    const promptEmbeds = graph.input("encoder_hidden_states", "float32", ["batch", "text", joint_attention_dim]);
    this.#one = graph.constant("float32", [1], [1]);
    this.#conditioning = this.#condition();
    this.#rotary = {
      position: graph.constant("int64", [0], [1]),
      cos: graph.input("rotary_cos", "float32", ["joint", attention_head_dim / 2]),
      sin: graph.input("rotary_sin", "float32", ["joint", attention_head_dim / 2]),
    };
    const latents = graph.node("Concat", [hiddenStates, imageLatents], { axis: 1 });
    const length = (x: Value) => graph.node("Shape", [x], { start: 1, end: 2 });
    this.#textLength = length(promptEmbeds);
    this.#targetEnd = layers.add(this.#textLength, length(hiddenStates));
    const joint = graph.node(
      "Concat",
      [
        graph.node("Shape", [hiddenStates], { start: 0, end: 1 }),
        layers.add(this.#textLength, length(latents)),
        graph.constant("int64", [-1], [1]),
      ],
      { axis: 0 },
    );
    this.#tokens = {
      text: layers.tokensShape(promptEmbeds),
      image: layers.tokensShape(latents),
      joint,
      target: layers.tokensShape(hiddenStates),
    };
    return {
      text: layers.linear(layers.narrow(promptEmbeds), "context_embedder", [joint_attention_dim, this.#hidden], {
        tokens: this.#tokens.text,
      }),
      image: layers.linear(layers.narrow(latents), "x_embedder", [in_channels, this.#hidden], {
        tokens: this.#tokens.image,
      }),
    };
  }

  /** silu(time + guidance + pooled embedding), `[batch, hidden]`. */
  #condition(): Value {
    const layers = this.#layers;
    const { graph } = layers;
    const { guidance_embeds, pooled_projection_dim } = this.#config;
    const embed = (input: string, name: string, inputs: number) => {
      const x = layers.narrow(graph.input(input, "float32", ["batch", inputs]));
      const hidden = layers.linear(x, `time_text_embed.${name}.linear_1`, [inputs, this.#hidden]);
      return layers.linear(layers.silu(hidden), `time_text_embed.${name}.linear_2`, [this.#hidden, this.#hidden]);
    };
    let temb = embed("timestep_proj", "timestep_embedder", timeProjectionDim);
    if (guidance_embeds) temb = layers.add(temb, embed("guidance_proj", "guidance_embedder", timeProjectionDim));
    temb = layers.add(temb, embed("pooled_projections", "text_embedder", pooled_projection_dim));
    if (this.#intermediates) graph.output(layers.wide(temb), "temb", "float32", ["batch", this.#hidden]);
    return layers.silu(temb);
  }

  /** `count` chunks `[batch, 1, hidden]` of one modulation layer, float32. */
  #modulation(name: string, count: number): Value[] {
    const layers = this.#layers;
    const { graph } = layers;
    const all = layers.wide(layers.linear(this.#conditioning, name, [this.#hidden, count * this.#hidden]));
    return graph.nodes(
      "Split",
      [graph.node("Unsqueeze", [all, graph.constant("int64", [1], [1])])],
      {
        axis: 2,
        num_outputs: count,
      },
      count,
    );
  }

  /** The last modulation. diffusers stores scale before shift; each is taken as rows, so either order can be mapped. */
  #finalModulation(): { scale: Value; shift: Value } {
    const layers = this.#layers;
    const part = (from: number) => {
      const rows = [from * this.#hidden, (from + 1) * this.#hidden] as const;
      const chunk = layers.linear(this.#conditioning, "norm_out.linear", [this.#hidden, 2 * this.#hidden], { rows });
      return layers.wide(layers.graph.node("Unsqueeze", [chunk, layers.graph.constant("int64", [1], [1])]));
    };
    return { scale: part(0), shift: part(1) };
  }

  /**
   * `LN(x) (1 + scale) + shift`: the learned part of LN is per sample here, and LayerNormalization takes it so. In
   * float32 it is multiplied and added apart: given one sample's scale the CPU kernel takes another path than for
   * several, whose bits differ, and an edit must come out the same alone and in a batch.
   */
  #modulatedNorm(x: Value, shift: Value, scale: Value): Value {
    const layers = this.#layers;
    const factor = layers.add(scale, this.#one);
    if (layers.compute !== "float32") return layers.layerNorm(x, factor, shift, epsilon);
    const ones = layers.graph.constant("float32", new Float32Array(this.#hidden).fill(1), [this.#hidden]);
    const zeros = layers.graph.constant("float32", new Float32Array(this.#hidden), [this.#hidden]);
    return layers.add(layers.mul(layers.layerNorm(x, ones, zeros, epsilon), factor), shift);
  }

  /** q or k: linear, RMS norm per head with a learned scale, back to `[batch, tokens, hidden]`; float32. */
  #normedHeads(x: Value, linear: string, norm: string, tokens: Value): Value {
    const layers = this.#layers;
    const { num_attention_heads: heads, attention_head_dim: dim } = this.#config;
    const projected = layers.linear(x, linear, [this.#hidden, this.#hidden]);
    const perHead = layers.graph.node("Reshape", [projected, layers.graph.constant("int64", [-1, heads, dim], [3])]);
    const normed = layers.rmsNorm(perHead, layers.weight(`${norm}.weight`, [dim], "float32"), epsilon);
    return layers.graph.node("Reshape", [normed, tokens]);
  }

  #rotate(x: Value, cos = this.#rotary.cos, sin = this.#rotary.sin): Value {
    const rotated = this.#layers.graph.node("RotaryEmbedding", [x, this.#rotary.position, cos, sin], {
      interleaved: 1,
      num_heads: this.#config.num_attention_heads,
    });
    return this.#layers.narrow(rotated);
  }

  #attend(q: Value, k: Value, v: Value): Value {
    return this.#layers.attention(q, k, v, this.#config.num_attention_heads);
  }

  /** `x + gate * y`, with gate per sample. */
  #gated(x: Value, gate: Value, y: Value): Value {
    return this.#layers.add(x, this.#layers.mul(y, this.#layers.narrow(gate)));
  }

  #feedForward(x: Value, name: string, tokens: Value): Value {
    const layers = this.#layers;
    const inner = layers.linear(x, `${name}.net.0.proj`, [this.#hidden, mlpRatio * this.#hidden]);
    const activated = layers.graph.node("Gelu", [inner], { approximate: "tanh" });
    return layers.linear(activated, `${name}.net.2`, [mlpRatio * this.#hidden, this.#hidden], { tokens });
  }

  #doubleBlock(name: string, { text, image }: Streams): Streams {
    const layers = this.#layers;
    const { graph } = layers;
    const square = [this.#hidden, this.#hidden] as const;
    const m = this.#modulation(`${name}.norm1.linear`, 6) as [Value, Value, Value, Value, Value, Value];
    const mText = this.#modulation(`${name}.norm1_context.linear`, 6) as typeof m;
    const x = this.#modulatedNorm(image, m[0], m[1]);
    const y = this.#modulatedNorm(text, mText[0], mText[1]);
    const attn = `${name}.attn`;
    const joined = (ofText: Value, ofImage: Value) => graph.node("Concat", [ofText, ofImage], { axis: 1 });
    const q = joined(
      this.#normedHeads(y, `${attn}.add_q_proj`, `${attn}.norm_added_q`, this.#tokens.text),
      this.#normedHeads(x, `${attn}.to_q`, `${attn}.norm_q`, this.#tokens.image),
    );
    const k = joined(
      this.#normedHeads(y, `${attn}.add_k_proj`, `${attn}.norm_added_k`, this.#tokens.text),
      this.#normedHeads(x, `${attn}.to_k`, `${attn}.norm_k`, this.#tokens.image),
    );
    const v = joined(
      layers.linear(y, `${attn}.add_v_proj`, square, { tokens: this.#tokens.text }),
      layers.linear(x, `${attn}.to_v`, square, { tokens: this.#tokens.image }),
    );
    const attended = this.#attend(this.#rotate(q), this.#rotate(k), v);
    const [ofText, ofImage] = this.#splitText(attended);
    const finish = (stream: Value, out: string, ff: string, part: Value, mod: typeof m, tokens: Value) => {
      const attendedOut = this.#gated(stream, mod[2], layers.linear(part, out, square, { tokens }));
      return this.#gated(
        attendedOut,
        mod[5],
        this.#feedForward(this.#modulatedNorm(attendedOut, mod[3], mod[4]), ff, tokens),
      );
    };
    return {
      text: layers.bound(finish(text, `${attn}.to_add_out`, `${name}.ff_context`, ofText, mText, this.#tokens.text)),
      image: finish(image, `${attn}.to_out.0`, `${name}.ff`, ofImage, m, this.#tokens.image),
    };
  }

  /** A single block over all tokens, or for the target's rows alone, which still look at all tokens. */
  #singleBlock(name: string, joint: Value, rows: "all" | "target"): Value {
    const layers = this.#layers;
    const { graph } = layers;
    const square = [this.#hidden, this.#hidden] as const;
    const inner = mlpRatio * this.#hidden;
    const [shift, scale, gate] = this.#modulation(`${name}.norm.linear`, 3) as [Value, Value, Value];
    const x = this.#modulatedNorm(joint, shift, scale);
    const cut = (value: Value) => (rows === "all" ? value : this.#targetRows(value));
    const tokens = rows === "all" ? this.#tokens.joint : this.#tokens.target;
    const own = cut(x);
    const cos = rows === "all" ? this.#rotary.cos : this.#slice(this.#rotary.cos, this.#textLength, this.#targetEnd, 0);
    const sin = rows === "all" ? this.#rotary.sin : this.#slice(this.#rotary.sin, this.#textLength, this.#targetEnd, 0);
    const q = this.#rotate(this.#normedHeads(own, `${name}.attn.to_q`, `${name}.attn.norm_q`, tokens), cos, sin);
    const k = this.#rotate(this.#normedHeads(x, `${name}.attn.to_k`, `${name}.attn.norm_k`, this.#tokens.joint));
    const v = layers.linear(x, `${name}.attn.to_v`, square, { tokens: this.#tokens.joint });
    const attended = this.#attend(q, k, v);
    const mlp = graph.node("Gelu", [layers.linear(own, `${name}.proj_mlp`, [this.#hidden, inner], { tokens })], {
      approximate: "tanh",
    });
    const both = graph.node("Concat", [attended, mlp], { axis: 2 });
    const out = layers.linear(both, `${name}.proj_out`, [this.#hidden + inner, this.#hidden], { tokens });
    return layers.bound(this.#gated(cut(joint), gate, out));
  }

  #slice(x: Value, from: Value, to: Value, axis: number): Value {
    return this.#layers.graph.node("Slice", [x, from, to, this.#layers.graph.constant("int64", [axis], [1])]);
  }

  #targetRows(joint: Value): Value {
    return this.#slice(joint, this.#textLength, this.#targetEnd, 1);
  }

  #splitText(joint: Value): [Value, Value] {
    const { graph } = this.#layers;
    const start = graph.constant("int64", [0], [1]);
    const end = graph.constant("int64", [Number.MAX_SAFE_INTEGER], [1]);
    return [this.#slice(joint, start, this.#textLength, 1), this.#slice(joint, this.#textLength, end, 1)];
  }

  #show(name: string, value: Value): void {
    if (!this.#intermediates) return;
    this.#layers.graph.output(this.#layers.wide(value), name, "float32", ["batch", `${name}.tokens`, this.#hidden]);
  }

  #showJoint(name: string, joint: Value): void {
    if (!this.#intermediates) return;
    const [text, image] = this.#splitText(joint);
    this.#show(`${name}.txt`, text);
    this.#show(`${name}.img`, image);
  }
}
