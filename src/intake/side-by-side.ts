import sharp from "sharp";
import type { RgbImage, Size } from "../core/image.ts";

/**
 * The canvas of several pictures side by side, all brought to the height of the lowest: the model reads one picture, and
 * this is how it is shown several. Every width is at least one pixel.
 */
export function sizeSideBySide(pictures: readonly Size[]): Size {
  const height = Math.min(...pictures.map((picture) => picture.height));
  return { width: widthsAt(pictures, height).reduce((sum, width) => sum + width, 0), height };
}

/** Several pictures side by side, in their order, left to right. */
export async function placeSideBySide(pictures: readonly RgbImage[]): Promise<RgbImage> {
  const { width, height } = sizeSideBySide(pictures);
  const widths = widthsAt(pictures, height);
  const data = new Uint8Array(width * height * 3);
  let left = 0;
  for (const [i, picture] of pictures.entries()) {
    const scaled = await scale(picture, { width: widths[i]!, height });
    const row = widths[i]! * 3;
    for (let y = 0; y < height; y += 1) data.set(scaled.subarray(y * row, (y + 1) * row), (y * width + left) * 3);
    left += widths[i]!;
  }
  return { width, height, data };
}

function widthsAt(pictures: readonly Size[], height: number): number[] {
  return pictures.map((picture) => Math.max(1, Math.round((picture.width * height) / picture.height)));
}

async function scale(image: RgbImage, size: Size): Promise<Uint8Array> {
  if (image.width === size.width && image.height === size.height) return image.data;
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(size.width, size.height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
}
