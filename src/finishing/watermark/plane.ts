import type { RgbImage, Size } from "../../core/image.ts";

/** One real channel, `[height, width]`. */
export interface Plane extends Size {
  readonly data: Float32Array;
}

/** Luma of ITU-R BT.601, which JPEG and WebP code: 0…255. Only of the middle, where the image is larger than `size`. */
export function lumaOf(image: RgbImage, size: Size = image): Plane {
  const { left, top, width, height } = middleOf(image, size);
  const luma = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y += 1) {
    let j = 3 * ((top + y) * image.width + left);
    for (let x = 0; x < width; x += 1, i += 1, j += 3) {
      luma[i] = 0.299 * image.data[j]! + 0.587 * image.data[j + 1]! + 0.114 * image.data[j + 2]!;
    }
  }
  return { width, height, data: luma };
}

/** The middle of a plane, at most `size` large. */
export function middle(plane: Plane, size: Size): Plane {
  const { left, top, width, height } = middleOf(plane, size);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const start = (top + y) * plane.width + left;
    data.set(plane.data.subarray(start, start + width), y * width);
  }
  return { width, height, data };
}

function middleOf(whole: Size, most: Size): Size & { left: number; top: number } {
  const width = Math.min(whole.width, Math.floor(most.width));
  const height = Math.min(whole.height, Math.floor(most.height));
  return { width, height, left: (whole.width - width) >> 1, top: (whole.height - height) >> 1 };
}

/** Means over squares of `pitch` × `pitch` pixels, pitch ≥ 1; what does not fill a square is left out. */
export function shrink(plane: Plane, pitch: number): Plane {
  const { width, height } = plane;
  const across = cuts(width, pitch);
  const down = cuts(height, pitch);
  const data = new Float32Array(across.count * down.count);
  const line = new Float32Array(width + across.taps);
  for (let y = 0; y < down.count; y += 1) {
    line.fill(0);
    for (let tap = 0; tap < down.taps; tap += 1) {
      const weight = down.weights[y * down.taps + tap]!;
      if (weight === 0) continue;
      const start = (down.firsts[y]! + tap) * width;
      for (let x = 0; x < width; x += 1) line[x] = line[x]! + weight * plane.data[start + x]!;
    }
    const start = y * across.count;
    for (let x = 0, i = 0; x < across.count; x += 1) {
      const first = across.firsts[x]!;
      let sum = 0;
      for (let tap = 0; tap < across.taps; tap += 1, i += 1) sum += across.weights[i]! * line[first + tap]!;
      data[start + x] = sum;
    }
  }
  return { width: across.count, height: down.count, data };
}

interface Cuts {
  readonly count: number;
  /** Weights an interval has; those it does not need are 0. */
  readonly taps: number;
  readonly firsts: Int32Array;
  /** `[count, taps]` */
  readonly weights: Float64Array;
}

/** Intervals of length `pitch` on a line of `length` pixels: the first pixel of each and the share of every pixel in it. */
function cuts(length: number, pitch: number): Cuts {
  const count = Math.floor(length / pitch);
  const taps = Number.isInteger(pitch) ? pitch : Math.ceil(pitch) + 1;
  const firsts = Int32Array.from({ length: count }, (_, i) => Math.floor(i * pitch));
  const weights = new Float64Array(count * taps);
  for (let i = 0; i < count; i += 1) {
    for (let tap = 0; tap < taps; tap += 1) {
      const pixel = firsts[i]! + tap;
      const shared = Math.min(pixel + 1, (i + 1) * pitch, length) - Math.max(pixel, i * pitch);
      weights[i * taps + tap] = Math.max(0, shared) / pitch;
    }
  }
  return { count, taps, firsts, weights };
}

/** Mean over a square of 2·radius + 1, borders replicated. */
export function boxMean({ width, height, data }: Plane, radius: number): Plane {
  const span = 2 * radius + 1;
  const mean = new Float32Array(data.length);
  // One more than a row's windows reach, for the step after the last.
  const padded = new Float64Array(width + span);
  const sums = padded.subarray(radius, radius + width);
  const rowAt = (y: number) => {
    const start = Math.min(height - 1, Math.max(0, y)) * width;
    return data.subarray(start, start + width);
  };
  for (let y = -radius; y <= radius; y += 1) slide(sums, rowAt(y), undefined);
  for (let y = 0; y < height; y += 1) {
    padded.fill(sums[0]!, 0, radius);
    padded.fill(sums[width - 1]!, radius + width);
    boxRow(padded, mean.subarray(y * width, (y + 1) * width), span);
    slide(sums, rowAt(y + radius + 1), rowAt(y - radius));
  }
  return { width, height, data: mean };
}

/** Adds a row that comes into a window, takes away the one that leaves it. */
function slide(sums: Float64Array, coming: Float32Array, leaving: Float32Array | undefined): void {
  if (leaving === undefined) for (let x = 0; x < sums.length; x += 1) sums[x] = sums[x]! + coming[x]!;
  else for (let x = 0; x < sums.length; x += 1) sums[x] = sums[x]! + coming[x]! - leaving[x]!;
}

function boxRow(padded: Float64Array, mean: Float32Array, span: number): void {
  const share = 1 / (span * span);
  let sum = 0;
  for (let x = 0; x < span; x += 1) sum += padded[x]!;
  for (let x = 0; x < mean.length; x += 1) {
    mean[x] = sum * share;
    sum += padded[x + span]! - padded[x]!;
  }
}
