import { type Carrier, tileSide } from "./carriers.ts";
import { fold, powers, samplesMax } from "./evened.ts";
import { transform } from "./fft.ts";
import type { Plane } from "./plane.ts";

/** Scales looked for, as multiples of the pitch: where the whole band lies below the samples' limit of frequency. */
const scaleMin = 1 / 2.6;
const scaleMax = 1 / 1.3;
/** Ratio between neighbours: moves the highest carrier by less than half a frequency of the transform. */
const step = 1.002;
/** Frequencies around one, to compare its power with: further than half the distance of two carriers. */
const around = 5;
/** One frequency counts for no more than so many times its surroundings: a picture's own stripes are no comb. */
const capped = 6;

/**
 * How much a picture was scaled since it was marked. A tile that repeats has power only at whole multiples of one over
 * its side: a comb in the spectrum, as wide as the scale makes it, whatever the shift, the payload and the key. The scale
 * is where the carriers' frequencies hold the most power, compared with their surroundings.
 *
 * @param samples evened samples of `pitch` pixels
 * @returns the best scale within pitch / 2.6 … pitch / 1.3, and its score: about 1 by chance, more for a comb
 */
export function findScale(
  samples: Plane,
  pitch: number,
  carriers: readonly Carrier[],
): { scale: number; score: number } {
  const spectrum = fold(samples, samplesMax);
  transform(spectrum);
  const { power, local } = powers(spectrum, around);
  for (let i = 0; i < power.length; i += 1) power[i] = local[i]! > 0 ? Math.min(capped, power[i]! / local[i]!) : 0;
  const count = Math.floor(Math.log(scaleMax / scaleMin) / Math.log(step));
  const scaleAt = (index: number) => pitch * scaleMin * step ** index;
  const scores = Float64Array.from({ length: count }, (_, index) =>
    combPower(power, (samplesMax * pitch) / (tileSide * scaleAt(index)), carriers),
  );
  const best = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
  const offset = summit(scores[best - 1] ?? 0, scores[best]!, scores[best + 1] ?? 0);
  return { scale: scaleAt(best + offset), score: scores[best]! };
}

/** Mean power at the carriers' frequencies, `spacing` apart; between frequencies linear. */
function combPower(power: Float32Array, spacing: number, carriers: readonly Carrier[]): number {
  const mask = samplesMax - 1;
  let sum = 0;
  for (const { x, y } of carriers) {
    const left = Math.floor(x * spacing);
    const top = Math.floor(y * spacing);
    const u = x * spacing - left;
    const v = y * spacing - top;
    const row = (top & mask) * samplesMax;
    const next = ((top + 1) & mask) * samplesMax;
    const a = left & mask;
    const b = (left + 1) & mask;
    sum += (power[row + a]! * (1 - u) + power[row + b]! * u) * (1 - v);
    sum += (power[next + a]! * (1 - u) + power[next + b]! * u) * v;
  }
  return sum / carriers.length;
}

/** Where between −0.5 and 0.5 a parabola through three values at −1, 0 and 1, the middle one the largest, is highest. */
export function summit(before: number, here: number, after: number): number {
  const bend = before - 2 * here + after;
  return bend < 0 ? (0.5 * (before - after)) / bend : 0;
}
