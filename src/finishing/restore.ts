import sharp from "sharp";
import { inPieces } from "../core/clock.ts";
import type { GreyImage, RgbImage, Size } from "../core/image.ts";

const channels = 3;

/** Mixed without a pause. */
const pixelsAtOnce = 2 ** 20;

/** Brings a result back to the size of its source with Lanczos. */
export async function restoreSize(image: RgbImage, size: Size): Promise<RgbImage> {
  if (image.width === size.width && image.height === size.height) return image;
  const raw = { width: image.width, height: image.height, channels } as const;
  const data = await sharp(image.data, { raw })
    .resize(size.width, size.height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { ...size, data };
}

/**
 * Puts back what a mask keeps: the source's own bytes where it is black, the result's where it is white, a mix between.
 * All three have one size.
 */
export async function restorePixels(result: RgbImage, source: RgbImage, mask: GreyImage): Promise<RgbImage> {
  const data = new Uint8Array(result.data);
  for await (const [from, to] of inPieces(mask.data.length, pixelsAtOnce)) mix(data, source.data, mask.data, from, to);
  return { width: result.width, height: result.height, data };
}

/** Of the pixels `from` to before `to`. */
function mix(data: Uint8Array, source: Uint8Array, mask: Uint8Array, from: number, to: number): void {
  for (let pixel = from, i = channels * from; pixel < to; pixel += 1, i += channels) {
    const share = mask[pixel]!;
    if (share === 255) continue;
    data[i] = mixOf(data[i]!, source[i]!, share);
    data[i + 1] = mixOf(data[i + 1]!, source[i + 1]!, share);
    data[i + 2] = mixOf(data[i + 2]!, source[i + 2]!, share);
  }
}

/** `share` of 255 parts of one and the rest of the other, rounded: below 2¹⁶ the shifts are a division by 255. */
function mixOf(one: number, other: number, share: number): number {
  const sum = one * share + other * (255 - share) + 127;
  return (sum + 1 + (sum >> 8)) >> 8;
}

/** A mask at another size, its edges smoothed. */
export async function resizeMask(mask: GreyImage, size: Size): Promise<GreyImage> {
  const raw = { width: mask.width, height: mask.height, channels: 1 } as const;
  const data = await sharp(mask.data, { raw })
    .resize(size.width, size.height, { fit: "fill" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  return { ...size, data };
}
