import { type Carrier, tileSide } from "./carriers.ts";
import { codeBits } from "./code.ts";
import { fold } from "./evened.ts";
import { emptySpectrum, type Spectrum, transform } from "./fft.ts";
import { boxMean, type Plane } from "./plane.ts";
import { summit } from "./scale.ts";

/** Samples along a tile: at two pixels of the marked picture each, all carriers are below the limit of 32. */
const side = tileSide / 2;
export const pixelsPerSample = tileSide / side;

/** Frequencies around one whose mean power makes it comparable with the others. */
const around = 2;
/** Standard deviations of chance that a shift's pilots must reach. Of 16,384 shifts, chance reaches 4 now and then. */
const pilotsMin = 4;
/** Shifts worth decoding: six instead of three found nothing more. */
const shiftsMax = 3;

/** Carriers before and after one whose pilots, about 32, tell how well it came through. */
const nearby = 64;

/** A place where the tile may begin, in pixels of the marked picture, and how far its pilots stand out of chance. */
export interface Shift {
  readonly x: number;
  readonly y: number;
  readonly deviations: number;
}

/** All tiles of evened samples averaged into one: its spectrum, every frequency made as loud as its surroundings. */
export function averageTile(samples: Plane): Spectrum {
  const spectrum = fold(samples, side);
  transform(spectrum);
  const { re, im } = spectrum;
  const power = new Float32Array(re.length);
  for (let i = 0; i < power.length; i += 1) power[i] = re[i]! * re[i]! + im[i]! * im[i]!;
  const local = boxMean({ width: side, height: side, data: power }, around).data;
  for (let i = 0; i < local.length; i += 1) {
    const gain = local[i]! > 0 ? 1 / Math.sqrt(local[i]!) : 0;
    re[i] = re[i]! * gain;
    im[i] = im[i]! * gain;
  }
  return spectrum;
}

/**
 * The likeliest shifts, best first: where the correlation of the tile with its pilots peaks. All shifts at once by a
 * transform at one pixel's pitch, the peak itself between pixels by parabolas.
 */
export function findShifts(tile: Spectrum, carriers: readonly Carrier[]): Shift[] {
  const correlation = emptySpectrum(tileSide);
  let power = 0;
  for (const carrier of carriers) {
    if (carrier.bit !== undefined) continue;
    const from = place(carrier, side);
    const to = place(carrier, tileSide);
    correlation.re[to] = tile.re[from]! * carrier.re + tile.im[from]! * carrier.im;
    correlation.im[to] = tile.im[from]! * carrier.re - tile.re[from]! * carrier.im;
    power += correlation.re[to]! ** 2 + correlation.im[to]! ** 2;
  }
  transform(correlation);
  const deviation = Math.sqrt(power / 2);
  const at = (x: number, y: number) => correlation.re[(y & (tileSide - 1)) * tileSide + (x & (tileSide - 1))]!;
  const shifts: Shift[] = [];
  for (let i = 0; i < tileSide ** 2; i += 1) {
    const here = correlation.re[i]!;
    if (here < pilotsMin * deviation || here <= 0) continue;
    const [x, y] = [i % tileSide, Math.floor(i / tileSide)];
    const [left, right, above, below] = [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)];
    if (here < Math.max(left, right, above, below)) continue;
    shifts.push({ x: x + summit(left, here, right), y: y + summit(above, here, below), deviations: here / deviation });
  }
  return shifts.sort((a, b) => b.deviations - a.deviations).slice(0, shiftsMax);
}

/**
 * The code bits as the carriers say at a shift: positive where 1 is likelier, the size how sure. Compression takes the
 * high frequencies first, so a carrier counts as much as the pilots next to it in frequency came through.
 */
export function readCode(tile: Spectrum, carriers: readonly Carrier[], shift: Shift): Float64Array {
  const values = carriers.map((carrier) => {
    const at = place(carrier, side);
    const turn = (2 * Math.PI * (carrier.x * shift.x + carrier.y * shift.y)) / tileSide;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const re = carrier.re * cos - carrier.im * sin;
    const im = carrier.im * cos + carrier.re * sin;
    return tile.re[at]! * re + tile.im[at]! * im;
  });
  const soft = new Float64Array(codeBits);
  for (const [i, { bit }] of carriers.entries()) {
    if (bit !== undefined) soft[bit] = soft[bit]! + pilotGain(values, carriers, i) * values[i]!;
  }
  return soft;
}

/** Mean of the pilots among the carriers around the i-th, not below 0. */
function pilotGain(values: readonly number[], carriers: readonly Carrier[], i: number): number {
  let sum = 0;
  let count = 0;
  for (let j = Math.max(0, i - nearby); j <= Math.min(values.length - 1, i + nearby); j += 1) {
    if (carriers[j]!.bit !== undefined) continue;
    sum += values[j]!;
    count += 1;
  }
  return Math.max(0, sum / count);
}

/** Where a frequency lies in a transform of side n. */
function place({ x, y }: Carrier, n: number): number {
  return (y & (n - 1)) * n + x;
}
