import type { RgbImage, Size } from "../src/core/image.ts";

/** A picture as the edits are defined on it: red, green and blue planes, each `[height, width]`, 0…1, sRGB as stored. */
export interface Planes extends Size {
  readonly planes: readonly [Float32Array, Float32Array, Float32Array];
}

export function toPlanes({ width, height, data }: RgbImage): Planes {
  const plane = (channel: number) =>
    Float32Array.from({ length: width * height }, (_, i) => data[3 * i + channel]! / 255);
  return { width, height, planes: [plane(0), plane(1), plane(2)] };
}

/** Clips to 0…1 and rounds to bytes. */
export function toRgb({ width, height, planes }: Planes): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 1) {
    data[i] = Math.round(255 * Math.min(1, Math.max(0, planes[i % 3]![Math.floor(i / 3)]!)));
  }
  return { width, height, data };
}

/** Each output channel from the three input channels of the same pixel. */
export function mapPixels(
  { width, height, planes: [r, g, b] }: Planes,
  map: (rgb: [number, number, number], i: number) => readonly [number, number, number],
): Planes {
  const planes = [0, 1, 2].map(() => new Float32Array(width * height)) as [Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < width * height; i += 1) {
    const mapped = map([r[i]!, g[i]!, b[i]!], i);
    for (const [channel, plane] of planes.entries()) plane[i] = mapped[channel]!;
  }
  return { width, height, planes };
}

export function luma([r, g, b]: readonly [number, number, number]): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** Gaussian of standard deviation `sigma` pixels; radius three sigma, borders replicated. */
export function gaussian(picture: Planes, sigma: number): Planes {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { width, height } = picture;
  const pass = (plane: Float32Array, at: (x: number, y: number, offset: number) => number) =>
    Float32Array.from(plane, (_, i) => {
      let sum = 0;
      for (let k = -radius; k <= radius; k += 1)
        sum += weights[k + radius]! * plane[at(i % width, Math.floor(i / width), k)]!;
      return sum / total;
    });
  const clamp = (value: number, end: number) => Math.min(end - 1, Math.max(0, value));
  const blur = (plane: Float32Array) =>
    pass(
      pass(plane, (x, y, offset) => y * width + clamp(x + offset, width)),
      (x, y, offset) => clamp(y + offset, height) * width + x,
    );
  const [r, g, b] = picture.planes;
  return { width, height, planes: [blur(r), blur(g), blur(b)] };
}

/** Peak signal to noise ratio of bytes in dB; equal pictures give 100. */
export function psnr(a: RgbImage, b: RgbImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i += 1) sum += ((a.data[i]! - b.data[i]!) / 255) ** 2;
  return Math.min(100, -10 * Math.log10(sum / a.data.length));
}
