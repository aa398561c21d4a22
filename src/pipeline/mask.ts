import { assert } from "../core/errors.ts";
import type { GreyImage, RgbImage, Size } from "../core/image.ts";
import { type LatentShape, packLatents } from "./latents.ts";
import { type Layout, resizeLanczos } from "./resize.ts";

/** A mask value from here up repaints: diffusers compares value / 255 with 0.5. */
const threshold = 128;

/**
 * A mask brought to an image's size and made black and white: resized as it is, then grey, then cut at one half
 * (the order of diffusers' mask processor, which decides soft edges).
 *
 * @param data `[height, width, channels]`, one channel or three
 */
export function binaryMask(data: Uint8Array, from: Layout, size: Size): GreyImage {
  assert(from.channels === 1 || from.channels === 3, "a mask has one channel or three");
  const resized = { ...size, data: resizeLanczos(data, from, size) };
  return binarize(from.channels === 3 ? toGrey(resized) : resized);
}

/** Pillow's `convert("L")`: ITU-R 601 luma in 16-bit integers. */
export function toGrey({ data, width, height }: RgbImage): GreyImage {
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 0x8000) >> 16;
  }
  return { width, height, data: grey };
}

/** 255 where the mask is at least half white, else 0. */
export function binarize({ data, width, height }: GreyImage): GreyImage {
  return { width, height, data: data.map((value) => (value >= threshold ? 255 : 0)) };
}

/**
 * The mask of a latent: the top-left pixel of every cell decides for it (torch's nearest interpolation).
 *
 * @param mask black and white; its sides are multiples of `vaeScaleFactor`
 * @param vaeScaleFactor pixels across a latent cell
 * @returns `[height / vaeScaleFactor, width / vaeScaleFactor]`, 1 repaints, 0 keeps
 */
export function latentMask(mask: GreyImage, vaeScaleFactor: number): Float32Array {
  assert(mask.width % vaeScaleFactor === 0 && mask.height % vaeScaleFactor === 0, "mask sides must fill latent cells");
  const width = mask.width / vaeScaleFactor;
  const height = mask.height / vaeScaleFactor;
  const cells = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      cells[y * width + x] = mask.data[(y * mask.width + x) * vaeScaleFactor] === 0 ? 0 : 1;
    }
  }
  return cells;
}

/**
 * A latent mask in token order, the same for every channel: `[tokens, channels * 4]`.
 *
 * @param cells `[shape.height, shape.width]`, 0 or 1
 */
export function packMask(cells: Float32Array, shape: LatentShape): Float32Array {
  const planes = new Float32Array(shape.channels * cells.length);
  for (let c = 0; c < shape.channels; c++) planes.set(cells, c * cells.length);
  return packLatents(planes, shape);
}
