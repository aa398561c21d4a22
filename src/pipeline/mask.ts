import { assert } from "../core/errors.ts";
import type { GreyImage, Size } from "../core/image.ts";
import { type CropBox, cropPixels } from "./crop-region.ts";
import { type LatentShape, packLatents } from "./latents.ts";
import { resizeFill, resizeLanczos } from "./resize.ts";

/** A mask value from here up repaints: diffusers compares value / 255 with 0.5. */
const threshold = 128;

/** A mask at a picture's size, greys kept: the box is measured on it, and cutting and stretching come before `binarize`. */
export function stretchMask(mask: GreyImage, size: Size): GreyImage {
  return { ...size, data: resizeLanczos(mask.data, { ...mask, channels: 1 }, size) };
}

/** The part of a mask in a box, enlarged to a size as the picture beside it is; greys kept. */
export function cutMask(mask: GreyImage, box: CropBox, size: Size): GreyImage {
  const layout = { width: box.x2 - box.x1, height: box.y2 - box.y1, channels: 1 };
  return { ...size, data: resizeFill(cropPixels(mask.data, { ...mask, channels: 1 }, box), layout, size) };
}

/** 255 where the mask is at least half white, else 0; the last of what diffusers' mask processor does. */
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
