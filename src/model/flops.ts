import type { Size } from "../core/image.ts";
import type { Manifest } from "./manifest.ts";

/** Tokens of an image: cells of two by two latents. */
export function imageTokens(size: Size, vaeScaleFactor: number): number {
  const side = 2 * vaeScaleFactor;
  return Math.floor(size.width / side) * Math.floor(size.height / side);
}

/**
 * Floating-point operations of one transformer step for one sample, a multiply-add counted as two. Every block has
 * 12 hidden² weights per token (double: 4 + 8 per stream; single: 3 + 4 + 5) and scores and sums over all pairs of
 * tokens: 2 · 12 D² S + 4 S² D. Embedders, modulations and the last projection are left out (under 0.1 %).
 */
export function stepFlops(
  transformer: Manifest["transformer"],
  tokens: { text: number; target: number; context: number },
): number {
  const joint = tokens.text + tokens.target + tokens.context;
  const hidden = transformer.hiddenSize;
  const blocks = transformer.doubleBlocks + transformer.singleBlocks;
  return blocks * (24 * hidden ** 2 * joint + 4 * joint ** 2 * hidden);
}
