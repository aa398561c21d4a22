import type { Manifest } from "../src/model/manifest.ts";
import type { ClipConfig, T5Config, VaeConfig } from "../src/onnx/configs.ts";

/*
 * Floating-point operations of each part, a multiply-add counted as two. Norms, activations, embeddings and biases are
 * left out: under a percent, and what they cost shows as a lower rate.
 */

interface Tokens {
  readonly text: number;
  readonly target: number;
  readonly context: number;
}

/**
 * What one step's graph computes for one sample. Less than `stepFlops`, which is the published network's: the last single
 * block makes keys and values for all tokens, and everything else for the target's rows alone.
 */
export function executedStepFlops({ hiddenSize, doubleBlocks, singleBlocks }: Manifest["transformer"], tokens: Tokens) {
  const joint = tokens.text + tokens.target + tokens.context;
  const block = 24 * hiddenSize ** 2 * joint + 4 * joint ** 2 * hiddenSize;
  const lastBlock = hiddenSize ** 2 * (4 * joint + 20 * tokens.target) + 4 * tokens.target * joint * hiddenSize;
  return singleBlocks === 0 ? doubleBlocks * block : (doubleBlocks + singleBlocks - 1) * block + lastBlock;
}

export function t5Flops(config: T5Config, tokens: number): number {
  const inner = config.num_heads * config.d_kv;
  const perToken = 4 * config.d_model * inner + 3 * config.d_model * config.d_ff;
  return config.num_layers * (2 * perToken * tokens + 4 * tokens ** 2 * inner);
}

/** The causal mask is not counted as a saving. */
export function clipFlops(config: ClipConfig, tokens: number): number {
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers } = config;
  return layers * (2 * (4 * hidden ** 2 + 2 * hidden * inner) * tokens + 4 * tokens ** 2 * hidden);
}

/** The VAE's convolutions, and its attention at the bottom, for an image of `pixels`. */
export function vaeFlops(config: VaeConfig, pixels: number): { encode: number; decode: number } {
  const { block_out_channels: channels, layers_per_block: layers, latent_channels: latent } = config;
  const conv = (inputs: number, outputs: number, at: number, kernel = 9) => 2 * kernel * inputs * outputs * at;
  const residual = (inputs: number, outputs: number, at: number) =>
    conv(inputs, outputs, at) + conv(outputs, outputs, at) + (inputs === outputs ? 0 : conv(inputs, outputs, at, 1));
  const deepest = channels.at(-1)!;
  const atDepth = (level: number) => pixels / 4 ** level;
  const bottom = atDepth(channels.length - 1);
  const attention = config.mid_block_add_attention ? 8 * deepest ** 2 * bottom + 4 * bottom ** 2 * deepest : 0;
  const middle = 2 * residual(deepest, deepest, bottom) + attention;
  let encode = conv(3, channels[0]!, pixels) + middle + conv(deepest, 2 * latent, bottom);
  let decode = conv(latent, deepest, bottom) + middle + conv(channels[0]!, 3, pixels);
  for (const [level, outputs] of channels.entries()) {
    const inputs = channels[Math.max(0, level - 1)]!;
    const at = atDepth(level);
    encode += residual(inputs, outputs, at) + (layers - 1) * residual(outputs, outputs, at);
    if (level < channels.length - 1) encode += conv(outputs, outputs, at / 4);
    // The decoder comes from below: the level's first block narrows what the deeper level left.
    const below = channels[Math.min(channels.length - 1, level + 1)]!;
    decode += residual(below, outputs, at) + layers * residual(outputs, outputs, at);
    if (level > 0) decode += conv(outputs, outputs, 4 * at);
  }
  return { encode, decode };
}
