import { assert } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { carriersOf, tileOf, tileSide } from "./carriers.ts";
import { encodePayload } from "./code.ts";
import { checkWatermarkKey } from "./key.ts";
import { strengthOf } from "./strength.ts";

/** Pictures with a shorter side, in pixels, are returned as they came: no mark would be found in them. */
export const markedSideMin = 64;

/**
 * Of lossy formats: from here on WebP left the mark in every file, below not always; the others leave it longer
 * (docs/watermark.md).
 */
export const markedQualityMin = 80;

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
  const { width, height, data } = image;
  assert(data.length === 3 * width * height, `${width}×${height} pixels have ${3 * width * height} bytes`);
  checkMark(payload, key);
  if (Math.min(width, height) < markedSideMin) return { width, height, data: data.slice() };
  const tile = markTile(payload, key);
  const strength = strengthOf(image);
  const marked = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1) {
    const strengthRow = Math.min(strength.height - 1, y >> 1) * strength.width;
    markRow(
      data.subarray(3 * y * width, 3 * (y + 1) * width),
      marked.subarray(3 * y * width, 3 * (y + 1) * width),
      tile.subarray((y & (tileSide - 1)) * tileSide, ((y & (tileSide - 1)) + 1) * tileSide),
      strength.data.subarray(strengthRow, strengthRow + strength.width),
    );
  }
  return { width, height, data: marked };
}

const keptTiles = 32;
const tiles = new WeakMap<Uint8Array, Map<number, Float32Array>>();

/**
 * What `embedWatermark` repeats over a picture: a quarter of its work, which needs no picture. The last few of a key are kept,
 * so that it can be done before there is one. Arguments as there.
 */
export function markTile(payload: number, key: Uint8Array): Float32Array {
  checkMark(payload, key);
  const kept = tiles.get(key) ?? new Map<number, Float32Array>();
  tiles.set(key, kept);
  const tile = kept.get(payload) ?? tileOf(carriersOf(key), encodePayload(payload));
  kept.delete(payload);
  kept.set(payload, tile);
  if (kept.size > keptTiles) kept.delete(kept.keys().next().value!);
  return tile;
}

function checkMark(payload: number, key: Uint8Array): void {
  assert(payload === payload >>> 0, `a watermark's payload is a whole number 0…2³²−1, not ${payload}`);
  checkWatermarkKey(key);
}

function markRow(row: Uint8Array, marked: Uint8Array, tile: Float32Array, strength: Float32Array): void {
  const last = strength.length - 1;
  for (let x = 0, i = 0; i < row.length; x += 1, i += 3) {
    const half = x >> 1;
    // Rounded: what is cut off here is never negative.
    const change = (strength[half < last ? half : last]! * tile[x & (tileSide - 1)]! + offset + 0.5) | 0;
    marked[i] = clamped[row[i]! + change]!;
    marked[i + 1] = clamped[row[i + 1]! + change]!;
    marked[i + 2] = clamped[row[i + 2]! + change]!;
  }
}

/** Levels beyond which no mark changes a pixel: a tile's highest wave is under 6, and its strength under 9. */
const offset = 128;

/** The sum of a pixel and a change, from −128 on, cut to 0…255. A table takes a third of the time of comparisons. */
const clamped = Uint8Array.from({ length: 256 + 2 * offset }, (_, i) => Math.min(255, Math.max(0, i - offset)));
