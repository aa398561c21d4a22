import type { RgbImage, Size } from "../core/image.ts";
import { type CropBox, cropPixels } from "./crop-region.ts";
import { resizeFill, resizeLanczos } from "./resize.ts";

const channels = 3;

/**
 * A picture as the VAE takes it: stretched to `size` with Lanczos; with a box, that part of the stretched picture brought
 * back to `size` keeping its aspect, the bars filled.
 */
export function prepareImage(image: RgbImage, size: Size, box?: CropBox): RgbImage {
  const data = resizeLanczos(image.data, { width: image.width, height: image.height, channels }, size);
  if (box === undefined) return { ...size, data };
  const cropped = cropPixels(data, { ...size, channels }, box);
  const cut = { width: box.x2 - box.x1, height: box.y2 - box.y1, channels };
  return { ...size, data: resizeFill(cropped, cut, size) };
}
