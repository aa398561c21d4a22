import { assert } from "../core/errors.ts";
import type { Size } from "../core/image.ts";

/** The layout of interleaved 8-bit pixels: `[height, width, channels]`, one to four channels. */
export interface Layout extends Size {
  readonly channels: number;
}

/** Fraction bits of the integer weights: Pillow's `PRECISION_BITS` (32 - 8 - 2). */
const precisionBits = 22;
const half = 1 << (precisionBits - 1);

/** Lobes of the Lanczos window on each side. */
const lanczosSupport = 3;

/** How far a filter reaches at the same size, and its weight at a distance. */
interface Filter {
  readonly support: number;
  readonly weightAt: (x: number) => number;
}

/** Pillow's filters (libImaging/Resample.c). */
const filters = {
  bilinear: { support: 1, weightAt: triangle },
  bicubic: { support: 2, weightAt: cubic },
  lanczos: { support: lanczosSupport, weightAt: lanczos },
} as const satisfies Record<string, Filter>;
export type FilterName = keyof typeof filters;

/** The weights of one axis: output `i` is the sum over `j` of input `first[i] + j` times `weights[i * taps + j]`. */
interface Kernel {
  readonly taps: number;
  readonly first: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
}

/**
 * Stretches 8-bit pixels to another size, byte for byte as Pillow's `Image.resize(size, filter)` does
 * (libImaging/Resample.c): integer weights, horizontal pass first, rounded to 8 bits between the passes, an axis
 * that keeps its length left alone. Every channel is treated alike (Pillow premultiplies alpha; this does not).
 *
 * @param data `[height, width, channels]`
 * @returns `[to.height, to.width, channels]`, always a new array
 */
export function resize(data: Uint8Array, from: Layout, to: Size, filterName: FilterName): Uint8Array {
  const { width, height, channels } = from;
  const filter = filters[filterName];
  assert(data.length === width * height * channels, "pixels do not fill their layout");
  assert(width > 0 && height > 0 && to.width > 0 && to.height > 0, "resize of an empty image");
  const wide = to.width === width ? data : resizeRows(data, from, kernelOf(filter, width, to.width));
  if (to.height !== height) return resizeColumns(wide, to.width * channels, kernelOf(filter, height, to.height));
  return wide === data ? data.slice() : wide;
}

/** The same with Lanczos, the filter of the VAE's pictures. */
export function resizeLanczos(data: Uint8Array, from: Layout, to: Size): Uint8Array {
  return resize(data, from, to, "lanczos");
}

/**
 * Fits pixels inside another size keeping their aspect and fills the bars at the longer sides with the picture's own
 * edge, as diffusers' `VaeImageProcessor._resize_and_fill` does with Pillow, byte for byte. One channel or three.
 *
 * @param data `[height, width, channels]`
 * @returns `[to.height, to.width, channels]`; where the bars differ by one line, that line stays black
 */
export function resizeFill(data: Uint8Array, from: Layout, to: Size): Uint8Array {
  const { channels } = from;
  const aspect = to.width / to.height;
  const sourceAspect = from.width / from.height;
  const width = aspect < sourceAspect ? to.width : Math.floor((from.width * to.height) / from.height);
  const height = aspect >= sourceAspect ? to.height : Math.floor((from.height * to.width) / from.width);
  const fitted = { width: Math.max(1, width), height: Math.max(1, height) };
  const left = Math.floor(to.width / 2) - Math.floor(fitted.width / 2);
  const top = Math.floor(to.height / 2) - Math.floor(fitted.height / 2);

  const canvas = new Uint8Array(to.width * to.height * channels);
  const resized = resizeLanczos(data, from, fitted);
  const rowBytes = fitted.width * channels;
  const stride = to.width * channels;
  for (let y = 0; y < fitted.height; y++) {
    canvas.set(resized.subarray(y * rowBytes, (y + 1) * rowBytes), (top + y) * stride + left * channels);
  }
  if (aspect < sourceAspect) {
    fillBars(canvas, { lines: fitted.height, bar: top, lineStep: stride, along: to.width * channels, alongStep: 1 });
  } else if (aspect > sourceAspect) {
    for (let c = 0; c < channels; c++) {
      const plane = canvas.subarray(c);
      fillBars(plane, { lines: fitted.width, bar: left, lineStep: channels, along: to.height, alongStep: stride });
    }
  }
  return canvas;
}

/**
 * Fills `bar` lines before and after the `lines` lines of a picture. Lines are rows (`lineStep` = bytes of a row) or
 * columns. A bar's value is what Pillow's bicubic gives for a box without extent: 1.125 edge - 0.125 neighbour.
 */
function fillBars(
  canvas: Uint8Array,
  bars: { lines: number; bar: number; lineStep: number; along: number; alongStep: number },
): void {
  const { lines, bar, lineStep, along, alongStep } = bars;
  const inner = lines > 1 ? lineStep : 0;
  const firstAt = bar * lineStep;
  const lastAt = (bar + lines - 1) * lineStep;
  for (let i = 0; i < along; i++) {
    const at = i * alongStep;
    const before = extrapolate(canvas[firstAt + at]!, canvas[firstAt + inner + at]!);
    const after = extrapolate(canvas[lastAt + at]!, canvas[lastAt - inner + at]!);
    for (let line = 0; line < bar; line++) {
      canvas[line * lineStep + at] = before;
      canvas[(bar + lines + line) * lineStep + at] = after;
    }
  }
}

/** 4718592 = 1.125 * 2^22 and 524288 = 0.125 * 2^22, Pillow's integer weights. */
function extrapolate(edge: number, neighbour: number): number {
  return clampToByte((edge * 4718592 - neighbour * 524288 + half) >> precisionBits);
}

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`: weights sum to about 2^22 for each output. */
function kernelOf(filter: Filter, inLength: number, outLength: number): Kernel {
  const scale = inLength / outLength;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outLength);
  const counts = new Int32Array(outLength);
  const weights = new Int32Array(outLength * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < outLength; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inLength, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const weight = filter.weightAt((j + start - center + 0.5) * (1 / filterScale));
      exact[j] = weight;
      sum += weight;
    }
    for (let j = 0; j < count; j++) {
      const scaled = (exact[j]! / sum) * (1 << precisionBits);
      weights[i * taps + j] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    first[i] = start;
    counts[i] = count;
  }
  return { taps, first, counts, weights };
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys' cubic with a = -0.5. */
function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

function lanczos(x: number): number {
  return x >= -lanczosSupport && x < lanczosSupport ? sinc(x) * sinc(x / lanczosSupport) : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

/** Sums stay under 2^31: 255 times the positive weights of a window (at most about 1.3 * 2^22). */
function resizeRows(data: Uint8Array, from: Layout, kernel: Kernel): Uint8Array {
  const { width, height, channels } = from;
  const { taps, first, counts, weights } = kernel;
  const outWidth = first.length;
  const out = new Uint8Array(outWidth * height * channels);
  if (channels === 3) {
    resizeRgbRows(data, width, kernel, out);
    return out;
  }
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < outWidth; i++) {
      const weightAt = i * taps;
      const weightEnd = weightAt + counts[i]!;
      const start = (y * width + first[i]!) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let w = weightAt, p = start + c; w < weightEnd; w++, p += channels) {
          sum = (sum + Math.imul(data[p]!, weights[w]!)) | 0;
        }
        out[at++] = clampToByte(sum >> precisionBits);
      }
    }
  }
  return out;
}

/** The same for three channels, which share each weight: twice as fast. */
function resizeRgbRows(
  data: Uint8Array,
  width: number,
  { taps, first, counts, weights }: Kernel,
  out: Uint8Array,
): void {
  const outWidth = first.length;
  const rowBytes = width * 3;
  let at = 0;
  for (let row = 0; row < data.length; row += rowBytes) {
    for (let i = 0; i < outWidth; i++) {
      const weightAt = i * taps;
      const weightEnd = weightAt + counts[i]!;
      let p = row + first[i]! * 3;
      let red = half;
      let green = half;
      let blue = half;
      for (let w = weightAt; w < weightEnd; w++) {
        const weight = weights[w]!;
        red = (red + Math.imul(data[p]!, weight)) | 0;
        green = (green + Math.imul(data[p + 1]!, weight)) | 0;
        blue = (blue + Math.imul(data[p + 2]!, weight)) | 0;
        p += 3;
      }
      out[at] = clampToByte(red >> precisionBits);
      out[at + 1] = clampToByte(green >> precisionBits);
      out[at + 2] = clampToByte(blue >> precisionBits);
      at += 3;
    }
  }
}

/** Whole rows are added, four at a time, so memory is read in order. `rowBytes` is width times channels. */
function resizeColumns(data: Uint8Array, rowBytes: number, kernel: Kernel): Uint8Array {
  const { taps, first, counts, weights } = kernel;
  const outHeight = first.length;
  const out = new Uint8Array(outHeight * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let i = 0; i < outHeight; i++) {
    sums.fill(half);
    const count = counts[i]!;
    let j = 0;
    for (; j + 4 <= count; j += 4) addFourRows(sums, data, (first[i]! + j) * rowBytes, weights, i * taps + j);
    for (; j < count; j++) {
      const weight = weights[i * taps + j]!;
      const rowAt = (first[i]! + j) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] = sums[x]! + Math.imul(data[rowAt + x]!, weight);
    }
    for (let x = 0; x < rowBytes; x++) out[i * rowBytes + x] = clampToByte(sums[x]! >> precisionBits);
  }
  return out;
}

function addFourRows(sums: Int32Array, data: Uint8Array, at: number, weights: Int32Array, weightAt: number): void {
  const rowBytes = sums.length;
  const [w0, w1, w2, w3] = [weights[weightAt]!, weights[weightAt + 1]!, weights[weightAt + 2]!, weights[weightAt + 3]!];
  for (let x = 0, p = at; x < rowBytes; x++, p++) {
    let sum = (sums[x]! + Math.imul(data[p]!, w0)) | 0;
    sum = (sum + Math.imul(data[p + rowBytes]!, w1)) | 0;
    sum = (sum + Math.imul(data[p + 2 * rowBytes]!, w2)) | 0;
    sums[x] = (sum + Math.imul(data[p + 3 * rowBytes]!, w3)) | 0;
  }
}

function clampToByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
