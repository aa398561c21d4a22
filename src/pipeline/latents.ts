import { assert } from "../core/errors.ts";
import type { Size } from "../core/image.ts";

/** Extent of a latent: `[channels, height, width]`; both sides are even. */
export interface LatentShape extends Size {
  readonly channels: number;
}

/** The affine map between the VAE's latents and the transformer's, from vae/config.json. */
export interface LatentScale {
  readonly scalingFactor: number;
  readonly shiftFactor: number;
}

/**
 * Latent cells of an image: each token is two by two cells, each cell `vaeScaleFactor` pixels wide, and what does not
 * fill a token is left out.
 */
export function latentSize(size: Size, vaeScaleFactor: number): Size {
  return {
    width: 2 * Math.floor(size.width / (2 * vaeScaleFactor)),
    height: 2 * Math.floor(size.height / (2 * vaeScaleFactor)),
  };
}

/**
 * Gathers every two by two cells into a token.
 *
 * @param latents `[channels, height, width]`
 * @returns `[(height / 2) * (width / 2), channels * 4]`, tokens row by row, channel index `c * 4 + dy * 2 + dx`
 */
export function packLatents(latents: Float32Array, shape: LatentShape): Float32Array {
  const order = tokenOrder(latents, shape);
  const packed = new Float32Array(latents.length);
  for (let i = 0; i < packed.length; i += 1) packed[order[i]!] = latents[i]!;
  return packed;
}

/** The inverse of {@link packLatents}: `[tokens, channels * 4]` to `[channels, height, width]`. */
export function unpackLatents(tokens: Float32Array, shape: LatentShape): Float32Array {
  const order = tokenOrder(tokens, shape);
  const latents = new Float32Array(tokens.length);
  for (let i = 0; i < latents.length; i += 1) latents[i] = tokens[order[i]!]!;
  return latents;
}

/** What the VAE encoder gives, as the transformer takes it: `(x - shift) * scale`, each operation in float32. */
export function scaleLatents(latents: Float32Array, scale: LatentScale): Float32Array {
  const factor = Math.fround(scale.scalingFactor);
  const shift = Math.fround(scale.shiftFactor);
  const scaled = new Float32Array(latents.length);
  for (let i = 0; i < scaled.length; i += 1) scaled[i] = Math.fround(latents[i]! - shift) * factor;
  return scaled;
}

/** What the transformer gives, as the VAE decoder takes it: `x / scale + shift`, each operation in float32. */
export function unscaleLatents(latents: Float32Array, scale: LatentScale): Float32Array {
  const factor = Math.fround(scale.scalingFactor);
  const shift = Math.fround(scale.shiftFactor);
  const unscaled = new Float32Array(latents.length);
  for (let i = 0; i < unscaled.length; i += 1) unscaled[i] = Math.fround(latents[i]! / factor) + shift;
  return unscaled;
}

/** Orders by shape: a model has a bucket for each ratio and no more, of at most a megabyte each. */
const orders = new Map<string, Uint32Array>();
const ordersMax = 64;

/** Where each value of planar order stands in token order. */
function tokenOrder(values: Float32Array, shape: LatentShape): Uint32Array {
  const { channels, height, width } = shape;
  assert(height % 2 === 0 && width % 2 === 0, "latents must have even sides");
  assert(values.length === channels * height * width, "latents do not fill their shape");
  const key = `${channels}x${height}x${width}`;
  const known = orders.get(key);
  if (known !== undefined) return known;
  const order = new Uint32Array(values.length);
  let planar = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const token = (y >> 1) * (width >> 1) + (x >> 1);
        order[planar++] = (token * channels + c) * 4 + (y & 1) * 2 + (x & 1);
      }
    }
  }
  if (orders.size >= ordersMax) orders.clear();
  orders.set(key, order);
  return order;
}
