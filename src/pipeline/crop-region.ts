import { assert, Refused } from "../core/errors.ts";
import type { GreyImage, Size } from "../core/image.ts";
import type { Layout } from "./resize.ts";

/** Pixels x1..x2 and y1..y2, the second of each outside. */
export interface CropBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A span on one axis, `end` outside. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a picture worth repainting: the box of the mask's non-zero pixels, grown by `pad` pixels on each side
 * and then, as far as the mask reaches, to the aspect of `size`. The same as diffusers' `get_crop_region`, always
 * inside the mask.
 *
 * @param size what the part will be stretched to; only its aspect counts
 * @throws Refused BAD_INPUT when the mask is all zero
 */
export function cropRegion(mask: GreyImage, size: Size, pad: number): CropBox {
  const marked = markedSpans(mask);
  if (!marked) throw new Refused("BAD_INPUT", "mask has no white pixel: nothing would be repainted");
  const across = grow(marked.across, pad, mask.width);
  const down = grow(marked.down, pad, mask.height);
  const width = across.end - across.start;
  const height = down.end - down.start;
  const aspect = size.width / size.height;
  const tooWide = width / height > aspect;
  const { start: x1, end: x2 } = tooWide ? across : widen(across, Math.trunc(height * aspect - width), mask.width);
  const { start: y1, end: y2 } = tooWide ? widen(down, Math.trunc(width / aspect - height), mask.height) : down;
  return { x1, y1, x2, y2 };
}

/**
 * Cuts a box out of 8-bit pixels; what lies outside the picture is black, as in Pillow's `Image.crop`.
 *
 * @param data `[height, width, channels]`
 * @returns `[y2 - y1, x2 - x1, channels]`
 */
export function cropPixels(data: Uint8Array, from: Layout, box: CropBox): Uint8Array {
  const { width, height, channels } = from;
  assert(box.x2 > box.x1 && box.y2 > box.y1, "crop box is empty");
  const rowBytes = (box.x2 - box.x1) * channels;
  const cropped = new Uint8Array((box.y2 - box.y1) * rowBytes);
  const left = Math.max(box.x1, 0);
  const right = Math.min(box.x2, width);
  if (left >= right) return cropped;
  for (let y = Math.max(box.y1, 0); y < Math.min(box.y2, height); y++) {
    const row = data.subarray((y * width + left) * channels, (y * width + right) * channels);
    cropped.set(row, (y - box.y1) * rowBytes + (left - box.x1) * channels);
  }
  return cropped;
}

function markedSpans({ data, width, height }: GreyImage): { across: Span; down: Span } | undefined {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (bottom < 0) return undefined;
  return { across: { start: left, end: right + 1 }, down: { start: top, end: bottom + 1 } };
}

function grow(span: Span, pad: number, limit: number): Span {
  return { start: Math.max(span.start - pad, 0), end: Math.min(span.end + pad, limit) };
}

/** Adds `extra` pixels, half on each side, then moves the span back inside 0..limit and cuts what still sticks out. */
function widen(span: Span, extra: number, limit: number): Span {
  let start = span.start - Math.floor(extra / 2);
  let end = span.end + extra - Math.floor(extra / 2);
  if (end >= limit) {
    start -= end - limit;
    end = limit;
  }
  if (start < 0) {
    end -= start;
    start = 0;
  }
  return { start, end: Math.min(end, limit) };
}
