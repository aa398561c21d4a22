import sharp from "sharp";
import type { RgbImage, Size } from "../core/image.ts";
import { limits } from "./decode.ts";

/**
 * The canvas of several pictures side by side, all brought to the height of the lowest, or to a lower one where they would
 * together be wider than a picture may be: the model reads one picture, and this is how it is shown several. Every side is
 * at least one pixel.
 */
export function sizeSideBySide(pictures: readonly Size[]): Size {
  const sizes = sizesOf(pictures);
  return { width: sumOfWidths(sizes), height: sizes[0]!.height };
}

/** Several pictures side by side, in their order, left to right. */
export async function placeSideBySide(pictures: readonly RgbImage[]): Promise<RgbImage> {
  const sizes = sizesOf(pictures);
  const [width, height] = [sumOfWidths(sizes), sizes[0]!.height];
  const data = new Uint8Array(width * height * 3);
  let left = 0;
  for (const [i, picture] of pictures.entries()) {
    const scaled = await scale(picture, sizes[i]!);
    const row = sizes[i]!.width * 3;
    for (let y = 0; y < height; y += 1) data.set(scaled.subarray(y * row, (y + 1) * row), (y * width + left) * 3);
    left += sizes[i]!.width;
  }
  return { width, height, data };
}

/** Of each picture on the canvas. */
function sizesOf(pictures: readonly Size[]): Size[] {
  const height = Math.min(...pictures.map((picture) => picture.height));
  const sizes = pictures.map((picture) => ({
    width: Math.max(1, Math.round((picture.width * height) / picture.height)),
    height,
  }));
  const width = sumOfWidths(sizes);
  if (width <= limits.sideMax) return sizes;
  // Less a pixel for each, which one of less than a pixel gets.
  const factor = (limits.sideMax - pictures.length) / width;
  const shrink = (side: number) => Math.max(1, Math.floor(side * factor));
  return sizes.map((size) => ({ width: shrink(size.width), height: shrink(height) }));
}

function sumOfWidths(sizes: readonly Size[]): number {
  return sizes.reduce((sum, { width }) => sum + width, 0);
}

async function scale(image: RgbImage, size: Size): Promise<Uint8Array> {
  if (image.width === size.width && image.height === size.height) return image.data;
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(size.width, size.height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
}
