import type { VaeConfig } from "./configs.ts";
import type { Graph, Value } from "./graph.ts";
import { Layers } from "./layers.ts";
import type { Weights } from "./weights.ts";

/** GroupNorm epsilon of AutoencoderKL; not in its config. */
const epsilon = 1e-6;

/**
 * The VAE encoder, float32. Input `sample` [batch, 3, height, width] in -1…1, sides multiples of the scale factor.
 * Output `moments` [batch, 2 * latent channels, h, w]: mean, then log-variance, before scale and shift.
 */
export function buildVaeEncoder(config: VaeConfig, weights: Weights): Graph {
  const net = new Convolutions(config, new Layers("vae_encoder", weights, "float32"));
  const { graph } = net.layers;
  const { block_out_channels: channels, latent_channels: latent, layers_per_block } = config;
  const last = channels.length - 1;
  let x = graph.input("sample", "float32", ["batch", 3, "height", "width"]);
  x = net.conv(x, "encoder.conv_in", [3, channels[0]!], 3);
  let inputs = channels[0]!;
  for (const [level, outputs] of channels.entries()) {
    const block = `encoder.down_blocks.${level}`;
    for (let i = 0; i < layers_per_block; i += 1) {
      x = net.residual(x, `${block}.resnets.${i}`, [inputs, outputs]);
      inputs = outputs;
    }
    // One row and column of zeros at the bottom and right only, then stride 2.
    if (level < last)
      x = net.conv(x, `${block}.downsamplers.0.conv`, [outputs, outputs], 3, { stride: 2, pads: [0, 0, 1, 1] });
  }
  x = net.middle(x, "encoder.mid_block", inputs);
  x = net.layers.silu(net.groupNorm(x, "encoder.conv_norm_out", inputs));
  x = net.conv(x, "encoder.conv_out", [inputs, 2 * latent], 3);
  if (config.use_quant_conv) x = net.conv(x, "quant_conv", [2 * latent, 2 * latent], 1);
  graph.output(x, "moments", "float32", ["batch", 2 * latent, "latent_height", "latent_width"]);
  return graph;
}

/**
 * The VAE decoder, float32. Input `latent_sample` [batch, latent channels, h, w], already divided by the scaling factor
 * and shifted. Outputs `sample` [batch, 3, height, width], about -1…1, not clamped, and `pixels` [batch, height, width, 3],
 * the same in bytes.
 */
export function buildVaeDecoder(config: VaeConfig, weights: Weights): Graph {
  const net = new Convolutions(config, new Layers("vae_decoder", weights, "float32"));
  const { graph } = net.layers;
  const { latent_channels: latent, layers_per_block } = config;
  const channels = [...config.block_out_channels].reverse();
  const last = channels.length - 1;
  let x = graph.input("latent_sample", "float32", ["batch", latent, "latent_height", "latent_width"]);
  if (config.use_post_quant_conv) x = net.conv(x, "post_quant_conv", [latent, latent], 1);
  x = net.conv(x, "decoder.conv_in", [latent, channels[0]!], 3);
  x = net.middle(x, "decoder.mid_block", channels[0]!);
  let inputs = channels[0]!;
  for (const [level, outputs] of channels.entries()) {
    const block = `decoder.up_blocks.${level}`;
    for (let i = 0; i <= layers_per_block; i += 1) {
      x = net.residual(x, `${block}.resnets.${i}`, [inputs, outputs]);
      inputs = outputs;
    }
    if (level < last) x = net.conv(net.upsample(x), `${block}.upsamplers.0.conv`, [outputs, outputs], 3);
  }
  x = net.layers.silu(net.groupNorm(x, "decoder.conv_norm_out", inputs));
  x = net.conv(x, "decoder.conv_out", [inputs, 3], 3);
  graph.output(x, "sample", "float32", ["batch", 3, "height", "width"]);
  graph.output(toBytes(graph, x), "pixels", "uint8", ["batch", "height", "width", 3]);
  return graph;
}

/**
 * Bytes of [batch, channels, height, width] in -1…1, the channels last, as diffusers rounds them: `clamp(x / 2 + 0.5, 0, 1) *
 * 255`, half to even, each operation in float32. What is not a number becomes black.
 */
export function toBytes(graph: Graph, x: Value): Value {
  const number = (value: number) => graph.constant("float32", [value], []);
  const half = graph.node("Add", [graph.node("Mul", [x, number(0.5)]), number(0.5)]);
  const clamped = graph.node("Clip", [half, number(0), number(1)]);
  const whole = graph.node("Round", [graph.node("Mul", [clamped, number(255)])]);
  return graph.node("Transpose", [graph.cast(whole, "uint8")], { perm: [0, 2, 3, 1] });
}

/** Layers over `[batch, channels, height, width]`. */
class Convolutions {
  readonly layers: Layers;
  readonly #groups: number;
  readonly #attends: boolean;

  constructor(config: VaeConfig, layers: Layers) {
    this.layers = layers;
    this.#groups = config.norm_num_groups;
    this.#attends = config.mid_block_add_attention;
  }

  conv(
    x: Value,
    name: string,
    [inputs, outputs]: readonly [number, number],
    kernel: 1 | 3,
    { stride = 1, pads }: { stride?: number; pads?: readonly number[] } = {},
  ): Value {
    const { layers } = this;
    const side = (kernel - 1) / 2;
    const operands = [
      x,
      layers.weight(`${name}.weight`, [outputs, inputs, kernel, kernel]),
      layers.weight(`${name}.bias`, [outputs]),
    ];
    return layers.graph.node("Conv", operands, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: pads ?? [side, side, side, side],
    });
  }

  /** Normalises each group of channels over all its pixels, then scales and shifts each channel. */
  groupNorm(x: Value, name: string, channels: number): Value {
    const { graph } = this.layers;
    const groups = this.#groups;
    const grouped = graph.node("Reshape", [x, graph.constant("int64", [0, groups, -1], [3])]);
    const ones = graph.constant("float32", new Float32Array(groups).fill(1), [groups]);
    const zeros = graph.constant("float32", new Float32Array(groups), [groups]);
    const normed = graph.node("InstanceNormalization", [grouped, ones, zeros], { epsilon: { float: epsilon } });
    const perChannel = (suffix: string) => {
      const weight = this.layers.weight(`${name}.${suffix}`, [channels]);
      return graph.node("Reshape", [weight, graph.constant("int64", [-1, 1, 1], [3])]);
    };
    const restored = graph.node("Reshape", [normed, graph.node("Shape", [x])]);
    return this.layers.add(this.layers.mul(restored, perChannel("weight")), perChannel("bias"));
  }

  residual(x: Value, name: string, [inputs, outputs]: readonly [number, number]): Value {
    const { layers } = this;
    const first = this.conv(
      layers.silu(this.groupNorm(x, `${name}.norm1`, inputs)),
      `${name}.conv1`,
      [inputs, outputs],
      3,
    );
    const second = this.conv(
      layers.silu(this.groupNorm(first, `${name}.norm2`, outputs)),
      `${name}.conv2`,
      [outputs, outputs],
      3,
    );
    const skip = inputs === outputs ? x : this.conv(x, `${name}.conv_shortcut`, [inputs, outputs], 1);
    return layers.add(skip, second);
  }

  middle(x: Value, name: string, channels: number): Value {
    let y = this.residual(x, `${name}.resnets.0`, [channels, channels]);
    if (this.#attends) y = this.#attention(y, `${name}.attentions.0`, channels);
    return this.residual(y, `${name}.resnets.1`, [channels, channels]);
  }

  /** One head as wide as all channels, over all positions. */
  #attention(x: Value, name: string, channels: number): Value {
    const { layers } = this;
    const { graph } = layers;
    const normed = this.groupNorm(x, `${name}.group_norm`, channels);
    const flat = graph.node("Reshape", [normed, graph.constant("int64", [0, channels, -1], [3])]);
    const positions = graph.node("Transpose", [flat], { perm: [0, 2, 1] });
    const tokens = layers.tokensShape(positions);
    const project = (letter: string) =>
      layers.linear(positions, `${name}.to_${letter}`, [channels, channels], { tokens });
    const attended = layers.attention(project("q"), project("k"), project("v"), 1);
    const out = layers.linear(attended, `${name}.to_out.0`, [channels, channels], { tokens });
    const planes = graph.node("Reshape", [
      graph.node("Transpose", [out], { perm: [0, 2, 1] }),
      graph.node("Shape", [x]),
    ]);
    return layers.add(x, planes);
  }

  /** Nearest neighbour, twice the side. */
  upsample(x: Value): Value {
    const { graph } = this.layers;
    const scales = graph.constant("float32", [1, 1, 2, 2], [4]);
    return graph.node("Resize", [x, undefined, scales], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
  }
}
