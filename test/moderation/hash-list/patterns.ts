import type { RgbImage, Size } from "../../../src/core/image.ts";

/** Pictures made of whole numbers alone, so that every machine makes the same. */
const drawings = {
  grid: (x: number, y: number, c: number) => (x * (3 + c) + y * 7) ^ ((x * y) >> 4),
  hills: (x: number, y: number, c: number) => (((x * x + 3 * y * y) >> 7) * (c + 1)) >> 1,
  slope: (x: number, y: number, c: number) => ((x >> 2) + (y >> 3) + 40 * c) % 200,
} as const;
export type Drawing = keyof typeof drawings;

export function pattern({ width, height }: Size, drawing: Drawing): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1) data[(y * width + x) * 3 + c] = drawings[drawing](x, y, c) & 255;
    }
  }
  return { width, height, data };
}

/** Turns a picture by a quarter, clockwise. */
export function quarterTurn({ width, height, data }: RgbImage): RgbImage {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      turned.set(data.subarray(from, from + 3), (x * height + (height - 1 - y)) * 3);
    }
  }
  return { width: height, height: width, data: turned };
}

export function mirror({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [x, y] = [(at / 3) % width, Math.floor(at / 3 / width)];
    mirrored.set(data.subarray(at, at + 3), (y * width + (width - 1 - x)) * 3);
  }
  return { width, height, data: mirrored };
}
