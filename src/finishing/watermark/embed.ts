import { assert } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { carriersOf, tileOf, tileSide } from "./carriers.ts";
import { encodePayload } from "./code.ts";
import { checkWatermarkKey } from "./key.ts";
import { strengthOf } from "./strength.ts";

/** Pictures with a shorter side, in pixels, are returned as they came: no mark would be found in them. */
export const markedSideMin = 64;

/**
 * Marks a picture with a number that survives what usually happens to a picture on its way.
 *
 * The mark is a tile of 128 × 128 pixels, repeated over the picture and added to red, green and blue alike, stronger
 * where the picture is busy (`strength.ts`). The tile is a sum of 768 waves whose phases come from the key; a quarter of
 * them is fixed and serves to find the tile again, the signs of the rest are the payload, its CRC and its convolutional
 * code (`carriers.ts`, `code.ts`). See `detect.ts` for how it is read.
 *
 * It is no defence against somebody who wants it gone: repainting, rotating, or averaging many tiles removes it.
 *
 * @param payload a whole number 0…2³²−1
 * @param key at least 16 secret bytes; who has them can find and forge marks
 * @returns a new picture; PSNR to the source ≥ 40 dB. No chance is involved: same arguments, same bytes.
 */
export function embedWatermark(image: RgbImage, payload: number, key: Uint8Array): RgbImage {
  assert(payload === payload >>> 0, `a watermark's payload is a whole number 0…2³²−1, not ${payload}`);
  checkWatermarkKey(key);
  const { width, height, data } = image;
  assert(data.length === 3 * width * height, `${width}×${height} pixels have ${3 * width * height} bytes`);
  if (Math.min(width, height) < markedSideMin) return { width, height, data: data.slice() };
  const tile = tileOf(carriersOf(key), encodePayload(payload));
  const strength = strengthOf(image);
  const last = strength.width - 1;
  const marked = new Uint8ClampedArray(data.length);
  for (let y = 0, i = 0; y < height; y += 1) {
    const tileRow = (y & (tileSide - 1)) * tileSide;
    const strengthRow = Math.min(strength.height - 1, y >> 1) * strength.width;
    for (let x = 0; x < width; x += 1, i += 3) {
      const half = x >> 1;
      const change = strength.data[strengthRow + (half < last ? half : last)]! * tile[tileRow + (x & (tileSide - 1))]!;
      marked[i] = data[i]! + change;
      marked[i + 1] = data[i + 1]! + change;
      marked[i + 2] = data[i + 2]! + change;
    }
  }
  return { width, height, data: new Uint8Array(marked.buffer) };
}
