import type { T5Config, VaeConfig } from "../src/onnx/configs.ts";

/** Multiply-adds count as two. Norms, activations and embeddings are left out. */
export function t5Flops(config: T5Config, tokens: number): number {
  const inner = config.num_heads * config.d_kv;
  const perToken = 4 * config.d_model * inner + 3 * config.d_model * config.d_ff;
  return config.num_layers * (2 * perToken * tokens + 4 * tokens ** 2 * inner);
}

/** The VAE decoder's convolutions for an image of `pixels`, and those of the encoder. */
export function vaeFlops(config: VaeConfig, pixels: number): { encode: number; decode: number } {
  const { block_out_channels: channels, layers_per_block: layers, latent_channels: latent } = config;
  const conv = (inputs: number, outputs: number, at: number, kernel = 9) => 2 * kernel * inputs * outputs * at;
  const residual = (inputs: number, outputs: number, at: number) =>
    conv(inputs, outputs, at) + conv(outputs, outputs, at) + (inputs === outputs ? 0 : conv(inputs, outputs, at, 1));
  const deepest = channels.at(-1)!;
  const atDepth = (level: number) => pixels / 4 ** level;
  const bottom = atDepth(channels.length - 1);
  const middle = 2 * residual(deepest, deepest, bottom);
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
