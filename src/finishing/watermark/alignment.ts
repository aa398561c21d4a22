import { type Carrier, tileSide } from "./carriers.ts";
import { codeBits } from "./code.ts";
import { fold, powers } from "./evened.ts";
import { emptySpectrum, type Spectrum, transform } from "./fft.ts";
import type { Plane } from "./plane.ts";
import { summit } from "./scale.ts";

/** Samples along a tile: at two pixels of the marked picture each, all carriers are below the limit of 32. */
const side = tileSide / 2;
export const pixelsPerSample = tileSide / side;

/** Frequencies around one whose mean power makes it comparable with the others. */
const around = 2;
/** Standard deviations of chance that a shift's pilots must reach. Of 16,384 shifts, chance reaches 4 now and then. */
const pilotsMin = 4;
/** Shifts worth decoding. The right one is nearly always the first. */
const shiftsMax = 3;

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
  const { local } = powers(spectrum, around);
  const [re, im] = [spectrum.re, spectrum.im];
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

/** The code bits as the carriers say at a shift: positive where 1 is likelier, the size how sure. */
export function readCode(tile: Spectrum, carriers: readonly Carrier[], shift: Shift): Float64Array {
  const soft = new Float64Array(codeBits);
  for (const carrier of carriers) {
    if (carrier.bit === undefined) continue;
    const at = place(carrier, side);
    const turn = (2 * Math.PI * (carrier.x * shift.x + carrier.y * shift.y)) / tileSide;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const re = carrier.re * cos - carrier.im * sin;
    const im = carrier.im * cos + carrier.re * sin;
    soft[carrier.bit] = soft[carrier.bit]! + tile.re[at]! * re + tile.im[at]! * im;
  }
  return soft;
}

/** Where a frequency lies in a transform of side n. */
function place({ x, y }: Carrier, n: number): number {
  return (y & (n - 1)) * n + x;
}
