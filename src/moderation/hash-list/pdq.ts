import { nextTurn } from "../../core/clock.ts";
import type { RgbImage } from "../../core/image.ts";
import { boxRow, ColumnBox, windowOf } from "./tent-filter.ts";

/** Bytes of a PDQ hash: 256 bits, highest first. */
export const pdqBytes = 32;

/** Two hashes that differ in at most so many bits are of the same picture: PDQ's own recommendation. */
export const pdqDistanceMax = 31;

/** A picture of less detail than this matches what it should not: PDQ's own recommendation drops quality 49 and below. */
export const pdqQualityMin = 50;

export interface Pdq {
  readonly hash: Uint8Array;
  /** The hashes of the picture mirrored and turned by quarters: the seven others of the eight ways to lay it. */
  readonly turned: readonly Uint8Array[];
  /** 0…100: how much detail the picture has. */
  readonly quality: number;
}

/** Sides below this have no hash. */
const sideMin = 5;
const reduced = 64;
const frequencies = 16;

/** Pixels between two turns of the event loop: about 1 ms. */
const pixelsPerTurn = 1 << 15;

/**
 * The perceptual hash of a picture, after Meta's paper "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing
 * algorithm" (2019), bit for bit as its reference computes it: luma (BT.601) in float32, a tent filter, 64 × 64 samples,
 * the 16 × 16 lowest frequencies of their DCT without the constant ones, a bit for each that is above the median. The
 * picture is not scaled down before. Lets the event loop go on every few milliseconds; a megapixel takes about 30.
 */
export async function pdqOf(image: RgbImage): Promise<Pdq> {
  const { width, height } = image;
  if (width < sideMin || height < sideMin) return { hash: new Uint8Array(pdqBytes), turned: [], quality: 0 };
  const samples = width === reduced && height === reduced ? lumaOf(image) : await reduce(image);
  const [hash, ...turned] = layings(lowFrequencies(samples)).map(bitsOf);
  return { hash: hash!, turned, quality: qualityOf(samples) };
}

/** 0.299 R + 0.587 G + 0.114 B, each step rounded to float32. */
const share = (weight: number) => Float32Array.from({ length: 256 }, (_, byte) => Math.fround(weight) * byte);
const [red, green, blue] = [share(0.299), share(0.587), share(0.114)] as const;

function lumaRow({ data, width }: RgbImage, y: number, row: Float32Array): void {
  for (let x = 0, at = y * width * 3; x < width; x += 1, at += 3) {
    row[x] = Math.fround(red[data[at]!]! + green[data[at + 1]!]!) + blue[data[at + 2]!]!;
  }
}

function lumaOf(image: RgbImage): Float32Array {
  const luma = new Float32Array(image.width * image.height);
  for (let y = 0; y < image.height; y += 1) lumaRow(image, y, luma.subarray(y * image.width, (y + 1) * image.width));
  return luma;
}

/** Blurs and samples: `[64, 64]`. Rows stream through both passes; nothing as large as the picture is held. */
async function reduce(image: RgbImage): Promise<Float32Array> {
  const { width, height } = image;
  const window = windowOf(width);
  const [columns, rows] = [centres(width), centres(height)];
  const samples = new Float32Array(reduced * reduced);
  const [row, boxed, chosen] = [new Float32Array(width), new Float32Array(width), new Float32Array(reduced)];
  let done = 0;
  const second = new ColumnBox(reduced, height, (blurred) => {
    for (let i = 0; i < reduced; i += 1) if (rows[i] === done) samples.set(blurred, i * reduced);
    done += 1;
  });
  const first = new ColumnBox(width, height, (once) => {
    boxRow(once, boxed, window);
    for (let i = 0; i < reduced; i += 1) chosen[i] = boxed[columns[i]!]!;
    second.push(chosen);
  });
  const turn = Math.max(1, Math.floor(pixelsPerTurn / width));
  for (let y = 0; y < height; y += 1) {
    if (y % turn === turn - 1) await nextTurn();
    lumaRow(image, y, row);
    boxRow(row, boxed, window);
    first.push(boxed);
  }
  first.finish();
  second.finish();
  return samples;
}

/** Where the centres of 64 equal parts of a length lie. */
function centres(length: number): number[] {
  return Array.from({ length: reduced }, (_, i) => Math.floor(((i + 0.5) * length) / reduced));
}

/** Rows 1…16 of the 64-point DCT-II, in float32: `[16, 64]`. */
const dct = Float32Array.from({ length: frequencies * reduced }, (_, at) => {
  const [i, j] = [Math.floor(at / reduced), at % reduced];
  return Math.fround(Math.sqrt(2 / reduced)) * Math.cos((Math.PI / 2 / reduced) * (i + 1) * (2 * j + 1));
});

/** `dct · samples · dctᵀ`, sums in order and in float32: `[16, 16]`. */
function lowFrequencies(samples: Float32Array): Float32Array {
  const half = new Float32Array(frequencies * reduced);
  for (let i = 0; i < frequencies; i += 1) {
    for (let j = 0; j < reduced; j += 1) {
      let sum = 0;
      for (let k = 0; k < reduced; k += 1) {
        sum = Math.fround(sum + Math.fround(dct[i * reduced + k]! * samples[k * reduced + j]!));
      }
      half[i * reduced + j] = sum;
    }
  }
  const low = new Float32Array(frequencies * frequencies);
  for (let i = 0; i < frequencies; i += 1) {
    for (let j = 0; j < frequencies; j += 1) {
      let sum = 0;
      for (let k = 0; k < reduced; k += 1) {
        sum = Math.fround(sum + Math.fround(half[i * reduced + k]! * dct[j * reduced + k]!));
      }
      low[i * frequencies + j] = sum;
    }
  }
  return low;
}

/**
 * The coefficients of a picture in each of eight layings, the given one first. Mirroring turns the sign of odd frequencies
 * along one side (the first is 1, at index 0), turning by a quarter swaps the sides as well.
 */
function layings(low: Float32Array): Float32Array[] {
  const signs = [0, 1, 2, 3].map((mirror) =>
    low.map((value, at) => {
      const [i, j] = [at >> 4, at & 15];
      const odd = (mirror & 1 ? 1 - (i & 1) : 0) + (mirror & 2 ? 1 - (j & 1) : 0);
      return odd === 1 ? -value : value;
    }),
  );
  return [...signs, ...signs.map((laid) => laid.map((_, at) => laid[(at & 15) * frequencies + (at >> 4)]!))];
}

/** A bit for each coefficient above the lower median; bit 0 is the last byte's lowest. */
function bitsOf(low: Float32Array): Uint8Array {
  const median = Float32Array.from(low).sort()[low.length / 2 - 1]!;
  const hash = new Uint8Array(pdqBytes);
  for (const [bit, value] of low.entries()) if (value > median) hash[pdqBytes - 1 - (bit >> 3)]! |= 1 << (bit & 7);
  return hash;
}

/** The sum of differences between neighbours, in whole hundredths of the range, scaled as the reference does. */
function qualityOf(samples: Float32Array): number {
  let sum = 0;
  const add = (a: number, b: number) => {
    sum += Math.abs(Math.trunc(Math.fround(Math.fround(Math.fround(a - b) * 100) / 255)));
  };
  for (let i = 0; i < reduced; i += 1) {
    for (let j = 0; j < reduced; j += 1) {
      const at = i * reduced + j;
      if (i + 1 < reduced) add(samples[at]!, samples[at + reduced]!);
      if (j + 1 < reduced) add(samples[at]!, samples[at + 1]!);
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}
