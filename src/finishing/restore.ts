import sharp from "sharp";
import type { GreyImage, RgbImage, Size } from "../core/image.ts";

const channels = 3;

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
export function restorePixels(result: RgbImage, source: RgbImage, mask: GreyImage): RgbImage {
  const data = new Uint8Array(result.data.length);
  for (let i = 0; i < data.length; i += 1) {
    const share = mask.data[Math.floor(i / channels)]!;
    data[i] = Math.round((result.data[i]! * share + source.data[i]! * (255 - share)) / 255);
  }
  return { width: result.width, height: result.height, data };
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
