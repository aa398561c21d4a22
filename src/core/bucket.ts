import { Refused } from "./errors.ts";
import type { Size } from "./image.ts";

/** Kontext's area in pixels: the preferred sizes below were chosen around it. */
const kontextArea = 2 ** 20;

/**
 * Kontext's sizes up to the square, narrowest first; the list goes on with their mirror images.
 * From BFL's `PREFERED_KONTEXT_RESOLUTIONS` (flux/util.py), the same in diffusers.
 */
const portraitSizes: readonly (readonly [width: number, height: number])[] = [
  [672, 1568],
  [688, 1504],
  [720, 1456],
  [752, 1392],
  [800, 1328],
  [832, 1248],
  [880, 1184],
  [944, 1104],
];

/** A scaled size may miss the asked area by this share before its long side gives way. */
const areaTolerance = 0.06;

/** The least side that keeps one token (two latent cells of eight pixels) and a defined aspect. */
const sideMin = 16;

export type BucketRule = "diffusers" | "bfl";

/**
 * The 17 sizes a Kontext model prefers, narrowest first.
 *
 * @param maxArea pixels; 2^20 gives the published list, another area the same aspect ratios scaled to it,
 *   each side rounded to the nearest multiple (very small areas may repeat a size)
 * @param multipleOf pixels that both sides are a multiple of
 */
export function preferredBuckets(maxArea = kontextArea, multipleOf = sideMin): readonly Size[] {
  const published = maxArea === kontextArea && multipleOf === sideMin;
  const portraits = portraitSizes.map(([width, height]) =>
    published ? { width, height } : scaledPortrait(height / width, maxArea, multipleOf),
  );
  const square = nearestMultiple(Math.sqrt(maxArea), multipleOf);
  const landscapes = portraits.map(({ width, height }) => ({ width: height, height: width })).reverse();
  return [...portraits, { width: square, height: square }, ...landscapes];
}

/**
 * The member of `buckets` whose aspect ratio is nearest to the source's; on ties the narrower, then the lower one.
 *
 * The two references measure the source differently: `bfl` divides its sides as they are, `diffusers` first floors
 * both to multiples of 16.
 *
 * @throws Refused BAD_INPUT when a side is under 16 pixels
 */
export function chooseBucket(source: Size, buckets: readonly Size[], rule: BucketRule): Size {
  const floored = floorToMultiple(source, sideMin);
  if (floored.width === 0 || floored.height === 0) {
    throw new Refused("BAD_INPUT", `image is ${source.width}x${source.height}: both sides must be at least 16 pixels`);
  }
  const measured = rule === "diffusers" ? floored : source;
  const aspect = measured.width / measured.height;
  const misfit = (size: Size) => Math.abs(aspect - size.width / size.height);
  return buckets.reduce((best, size) => {
    const order = misfit(size) - misfit(best) || size.width - best.width || size.height - best.height;
    return order < 0 ? size : best;
  });
}

/** Both sides rounded down to a multiple; a side under it becomes 0. */
export function floorToMultiple(size: Size, multiple: number): Size {
  return {
    width: Math.floor(size.width / multiple) * multiple,
    height: Math.floor(size.height / multiple) * multiple,
  };
}

/**
 * The size generated for a requested one, as diffusers' FluxKontextPipeline does: only the aspect ratio counts, the
 * area becomes `maxArea` pixels, sides are rounded half to even and floored to multiples of 16.
 *
 * @throws Refused BAD_INPUT when the aspect ratio leaves a side under 16 pixels
 */
export function outputSize(requested: Size, maxArea: number): Size {
  const aspect = requested.width / requested.height;
  const size = floorToMultiple(
    { width: roundHalfToEven(Math.sqrt(maxArea * aspect)), height: roundHalfToEven(Math.sqrt(maxArea / aspect)) },
    sideMin,
  );
  if (!(size.width > 0 && size.height > 0)) {
    const asked = `${requested.width}:${requested.height}`;
    throw new Refused("BAD_INPUT", `aspect ratio ${asked} leaves a side under 16 pixels at ${maxArea} pixels in all`);
  }
  return size;
}

/**
 * The size for an aspect ratio such as "16:9", as BFL's `aspect_ratio_to_height_width` does (the same arithmetic as
 * {@link outputSize}).
 *
 * @throws Refused BAD_INPUT when the text is no aspect ratio or leaves a side under 16 pixels
 */
export function aspectSize(text: string, maxArea: number): Size {
  return outputSize(parseAspectRatio(text), maxArea);
}

/**
 * Reads "width:height", two positive numbers without unit, decimals allowed ("2.39:1").
 *
 * @throws Refused BAD_INPUT naming the text
 */
export function parseAspectRatio(text: string): Size {
  const match = /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*:\s*(\d{1,6}(?:\.\d{1,6})?)\s*$/.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  if (!(width > 0 && height > 0)) {
    const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
    throw new Refused("BAD_INPUT", `aspect ratio ${shown} must be two positive numbers, width:height, such as "16:9"`);
  }
  return { width, height };
}

/** `ratio` is height over width, at least 1. */
function scaledPortrait(ratio: number, maxArea: number, multipleOf: number): Size {
  const width = nearestMultiple(Math.sqrt(maxArea / ratio), multipleOf);
  const height = nearestMultiple(Math.sqrt(maxArea * ratio), multipleOf);
  const excess = (width * height) / maxArea - 1;
  if (Math.abs(excess) <= areaTolerance) return { width, height };
  return { width, height: Math.max(multipleOf, height - Math.sign(excess) * multipleOf) };
}

function nearestMultiple(value: number, multiple: number): number {
  return Math.max(multiple, Math.round(value / multiple) * multiple);
}

/** Python's `round`. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return fraction < 0.5 ? floor : floor + 1;
}
