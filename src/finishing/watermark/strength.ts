import type { RgbImage } from "../../core/image.ts";
import { boxMean, type Plane } from "./plane.ts";

/** Side of a cell: the strength changes slowly, so that one value serves 2 × 2 pixels. */
const cell = 2;
/**
 * Root mean square of the mark where the picture is flat, in levels of 255. At 1.6 it could be seen in the sky of the
 * rocket's photograph beside its source, at 1.1 much less; what 1.1 gives up is flat pictures after WebP 50, and after a
 * crop, half the size and WebP 80 together (docs/watermark.md).
 */
const floor = 1.1;
/** What it may be more where the picture is busy: this share of the local activity, and this at most, in levels. */
const slope = 0.3;
const topMax = 6;
/** Cells around the middle one over which activity is taken: a window of 14 pixels, about one wave of the mark. */
const radius = 3;
/** Levels from black or white within which half the mark is clipped away; there it is made up to twice as strong. */
const headroom = 8;
/** PSNR aimed at, in dB; 40 is promised. The rest is for rounding and for what is said of clipping in `strengthOf`. */
const psnr = 41;
/**
 * Root mean square of the mark for each cell of 2 × 2 pixels: `floor + g · min(topMax, slope · activity)`, with the
 * largest g ≤ 1 that keeps the PSNR. Activity is the mean of the square roots of the differences to the local mean,
 * squared: texture counts in full, a lone edge beside a smooth area, where the mark would show, counts little.
 */
export function strengthOf(image: RgbImage): Plane {
  const cells = cellsOf(image);
  const smooth = boxMean(cells, radius);
  const roots = new Float32Array(cells.data.length);
  for (let i = 0; i < roots.length; i += 1) roots[i] = Math.sqrt(Math.abs(cells.data[i]! - smooth.data[i]!));
  const activity = boxMean({ ...cells, data: roots }, radius);
  const base = new Float32Array(roots.length);
  const more = activity.data;
  // Mean square of base + g · more, each cell weighted with the share that clipping leaves of a normal distribution's
  // (true power is at most 1.15 times what the parabola says, which costs 0.6 dB of the one in reserve): a quadratic in g.
  let [constant, linear, square] = [0, 0, 0];
  for (let i = 0; i < roots.length; i += 1) {
    const value = cells.data[i]!;
    const clipped = Math.max(0, 1 - Math.min(value, 255 - value) / headroom);
    const left = 1 - (clipped * clipped) / 2;
    base[i] = floor * (1 + clipped);
    more[i] = Math.min(topMax, slope * more[i]! * more[i]!);
    constant += left * base[i]! * base[i]!;
    linear += 2 * left * base[i]! * more[i]!;
    square += left * more[i]! * more[i]!;
  }
  const allowed = roots.length * (255 * 10 ** (-psnr / 20)) ** 2;
  const gain = square > 0 ? Math.min(1, root(square, linear, constant - allowed)) : 0;
  for (let i = 0; i < base.length; i += 1) base[i] = base[i]! + gain * more[i]!;
  return { ...cells, data: base };
}

/** Mean luma of cells, read straight from the pixels: half the time of `shrink(lumaOf(image), cell)`, which it equals. */
function cellsOf({ width, height, data }: RgbImage): Plane {
  const across = Math.floor(width / cell);
  const down = Math.floor(height / cell);
  const luma = new Float32Array(across * down);
  for (let y = 0; y < down; y += 1) {
    const upper = data.subarray(3 * cell * y * width, 3 * (cell * y + 1) * width);
    const lower = data.subarray(3 * (cell * y + 1) * width, 3 * (cell * y + 2) * width);
    cellRow(upper, lower, luma.subarray(y * across, (y + 1) * across));
  }
  return { width: across, height: down, data: luma };
}

function cellRow(upper: Uint8Array, lower: Uint8Array, luma: Float32Array): void {
  for (let x = 0, i = 0; x < luma.length; x += 1, i += 6) {
    const red = upper[i]! + upper[i + 3]! + lower[i]! + lower[i + 3]!;
    const green = upper[i + 1]! + upper[i + 4]! + lower[i + 1]! + lower[i + 4]!;
    const blue = upper[i + 2]! + upper[i + 5]! + lower[i + 2]! + lower[i + 5]!;
    luma[x] = (0.299 * red + 0.587 * green + 0.114 * blue) / (cell * cell);
  }
}

/** The larger root of `a·g² + b·g + c`, or 0 where that is negative. */
function root(a: number, b: number, c: number): number {
  return Math.max(0, (-b + Math.sqrt(Math.max(0, b * b - 4 * a * c))) / (2 * a));
}
