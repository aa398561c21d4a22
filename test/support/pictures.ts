import { createHash } from "node:crypto";
import sharp from "sharp";
import type { GreyImage, RgbImage, Size } from "../../src/core/image.ts";

/** A picture of soft waves in three colours that differ by `phase`, so that no two are alike. */
export function waves({ width, height }: Size, phase: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 1) {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    data[i] = Math.round(127.5 + 127 * Math.sin(phase + (i % 3) + x / 7 + (y / 11) * (1 + (i % 3))));
  }
  return { width, height, data };
}

/** White inside a rectangle, black outside. */
export function rectangle(
  { width, height }: Size,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): GreyImage {
  const data = new Uint8Array(width * height);
  for (let y = y1; y < y2; y += 1) data.fill(255, y * width + x1, y * width + x2);
  return { width, height, data };
}

/** A PNG of noise, which no format makes smaller: 3 · side² bytes and a little. The same every time. */
export function noiseFile(side: number): Promise<Uint8Array> {
  const data = createHash("shake256", { outputLength: side * side * 3 })
    .update("noise")
    .digest();
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}
