import { type Carrier, tileSide } from "./carriers.ts";
import { fold, samplesMax } from "./evened.ts";
import { transform } from "./fft.ts";
import { boxMean, type Plane } from "./plane.ts";

/** Scales looked for, as multiples of the pitch: where the whole band lies below the samples' limit of frequency. */
const scaleMin = 1 / 2.6;
const scaleMax = 1 / 1.3;
/** Ratio between neighbours: moves the highest carrier by less than half a frequency of the transform. */
const step = 1.002;
/** Frequencies around one, to compare its power with: further than half the distance of two carriers. */
const around = 5;
/** One frequency counts for no more than so many times its surroundings: a picture's own stripes are no comb. */
const capped = 6;

/** How much smaller or larger than marked a picture may be, and how strong its comb is: about 1 by chance. */
export interface Scale {
  readonly scale: number;
  readonly score: number;
}

/**
 * How much a picture was scaled since it was marked. A tile that repeats has power only at whole multiples of one over
 * its side: a comb in the spectrum, as wide as the scale makes it, whatever the shift, the payload and the key. The scale
 * is where the carriers' frequencies hold the most power, compared with their surroundings.
 *
 * @param fine evened samples of one pixel: for scales of 0.39…0.77
 * @param coarse evened samples of two pixels: for scales of 0.77…1.53
 * @returns the best of each, the better first
 */
export function findScales(fine: Plane, coarse: Plane, carriers: readonly Carrier[]): Scale[] {
  // Two real planes go through one complex transform and are told apart by the symmetry of each.
  const both = fold(fine, samplesMax);
  both.im.set(fold(coarse, samplesMax).re);
  transform(both);
  const { re, im } = both;
  const ofFine = new Float32Array(re.length);
  const ofCoarse = new Float32Array(re.length);
  const mask = samplesMax - 1;
  for (let y = 0, i = 0; y < samplesMax; y += 1) {
    const opposite = (-y & mask) * samplesMax;
    for (let x = 0; x < samplesMax; x += 1, i += 1) {
      const j = opposite + (-x & mask);
      ofFine[i] = (re[i]! + re[j]!) ** 2 + (im[i]! - im[j]!) ** 2;
      ofCoarse[i] = (im[i]! + im[j]!) ** 2 + (re[j]! - re[i]!) ** 2;
    }
  }
  const scales = [bestScale(ofFine, 1, carriers), bestScale(ofCoarse, 2, carriers)];
  return scales.sort((one, other) => other.score - one.score);
}

function bestScale(power: Float32Array, pitch: number, carriers: readonly Carrier[]): Scale {
  const local = boxMean({ width: samplesMax, height: samplesMax, data: power }, around).data;
  for (let i = 0; i < power.length; i += 1) power[i] = local[i]! > 0 ? Math.min(capped, power[i]! / local[i]!) : 0;
  const count = Math.floor(Math.log(scaleMax / scaleMin) / Math.log(step));
  const scaleAt = (index: number) => pitch * scaleMin * step ** index;
  const scores = Float64Array.from({ length: count }, (_, index) =>
    combPower(power, (samplesMax * pitch) / (tileSide * scaleAt(index)), carriers),
  );
  const best = scores.indexOf(scores.reduce((one, other) => Math.max(one, other)));
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
