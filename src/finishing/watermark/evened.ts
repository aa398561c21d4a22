import { emptySpectrum, type Spectrum } from "./fft.ts";
import { boxMean, middle, type Plane, shrink } from "./plane.ts";

/** Most samples a side: a middle of one megapixel at full size holds more than enough, and bounds the time. */
export const samplesMax = 512;

/**
 * Samples of the surroundings: 9 × 9. What is wider than that (of a mark at its usual pitch: below 0.055 cycles a pixel)
 * is taken away as the picture's own.
 */
const radius = 4;
/** Deviations from the surroundings beyond which a sample counts no more: edges are not evidence. */
const limit = 3;
/** Added to the deviation, in levels, so that neither nothing nor rounding is blown up. */
const least = 0.5;
/** Deviation, in levels, of marked flat ground: where the weight of a sample begins to fall. */
const quiet = 2;

/**
 * The luma's middle in samples of `pitch` pixels, evened out so that a mark can be averaged over it: local mean 0, local
 * deviation 1, then weighted by one over the deviation, since a mark stands out of quiet ground the most (the matched
 * filter in noise of uneven variance weights with signal over variance).
 */
export function evened(luma: Plane, pitch: number): Plane {
  const plane = shrink(middle(luma, { width: samplesMax * pitch, height: samplesMax * pitch }), pitch);
  const mean = boxMean(plane, radius).data;
  const data = new Float32Array(mean.length);
  const squares = new Float32Array(mean.length);
  for (let i = 0; i < data.length; i += 1) {
    const difference = plane.data[i]! - mean[i]!;
    data[i] = difference;
    squares[i] = difference * difference;
  }
  const variance = boxMean({ ...plane, data: squares }, radius).data;
  for (let i = 0; i < data.length; i += 1) {
    // Running sums leave variances of nothing a hair below 0.
    const deviation = Math.sqrt(Math.max(0, variance[i]!));
    const value = data[i]! / (deviation + least);
    data[i] = (value > limit ? limit : value < -limit ? -limit : value) / (deviation + quiet);
  }
  return { ...plane, data };
}

/** The plane laid on a square of side n, a power of two, sample by sample modulo n. */
export function fold({ width, height, data }: Plane, n: number): Spectrum {
  const folded = emptySpectrum(n);
  for (let y = 0, i = 0; y < height; y += 1) {
    const row = (y & (n - 1)) * n;
    for (let x = 0; x < width; x += 1, i += 1) {
      const at = row + (x & (n - 1));
      folded.re[at] = folded.re[at]! + data[i]!;
    }
  }
  return folded;
}
