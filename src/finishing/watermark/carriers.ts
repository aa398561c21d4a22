import { createHash } from "node:crypto";
import { codeBits } from "./code.ts";
import { emptySpectrum, transform } from "./fft.ts";

/**
 * Side of the tile that repeats over the picture, in pixels of the marked picture. A 300 × 450 picture cropped by
 * 10 % a side still has the area of five, and there is room for the carriers.
 */
export const tileSide = 128;

/**
 * Each code bit rides on three carriers, far apart in frequency. Tried on five generated pictures: two did better on flat
 * ones after hard compression, four on noise; three lies between. None lost a picture that the others kept of the
 * distortions it must survive.
 */
const carriersPerBit = 3;
/** One carrier in four has a known sign. They find the shift; the others carry code bits. */
const pilotEvery = 4;
const carrierCount = (carriersPerBit * codeBits * pilotEvery) / (pilotEvery - 1);

/**
 * Cycles a tile of the lowest carrier: 0.0625 cycles a pixel. Below, pictures are loudest and the eye sees most. From
 * here the 768 lowest frequencies reach 0.183 cycles a pixel, which half the size still holds (its limit is 0.25) and
 * JPEG 75 quantises in its finer steps.
 */
const lowest = 8;

/** A wave of the tile. */
export interface Carrier {
  /** Cycles a tile. */
  readonly x: number;
  readonly y: number;
  /** Its phase, as a complex number of size 1. */
  readonly re: number;
  readonly im: number;
  /** The code bit it carries; a pilot carries none. */
  readonly bit: number | undefined;
}

/** The frequencies in use, lowest first: one of each pair ±k, since a real tile has both alike. */
const band: readonly { x: number; y: number }[] = frequencies();

function frequencies() {
  const side = tileSide / 2;
  const all = Array.from({ length: side * side }, (_, i) => ({ x: i % side, y: Math.floor(i / side) - side / 2 }));
  const radius = ({ x, y }: { x: number; y: number }) => x * x + y * y;
  return all
    .filter((k) => radius(k) >= lowest ** 2 && (k.x > 0 || k.y > 0))
    .sort((a, b) => radius(a) - radius(b) || a.y - b.y || a.x - b.x)
    .slice(0, carrierCount);
}

const known = new WeakMap<Uint8Array, readonly Carrier[]>();

/**
 * The key's carriers, kept for as long as the key itself, which must not change. SHAKE256 of the key gives the phases and,
 * within each third of the band, the order of the code bits; which frequencies are in use is no secret.
 */
export function carriersOf(key: Uint8Array): readonly Carrier[] {
  const carriers = known.get(key) ?? drawCarriers(key);
  known.set(key, carriers);
  return carriers;
}

function drawCarriers(key: Uint8Array): Carrier[] {
  const stream = createHash("shake256", { outputLength: 4 * carrierCount })
    .update("pentimento watermark 1\0")
    .update(key)
    .digest();
  let free: number[] = [];
  return band.map(({ x, y }, i) => {
    const phase = (2 * Math.PI * stream.readUInt16BE(4 * i)) / 2 ** 16;
    const wave = { x, y, re: Math.cos(phase), im: Math.sin(phase) };
    if (i % pilotEvery === 0) return { ...wave, bit: undefined };
    if (free.length === 0) free = Array.from({ length: codeBits }, (_, bit) => bit);
    const [bit] = free.splice(stream.readUInt16BE(4 * i + 2) % free.length, 1);
    return { ...wave, bit };
  });
}

/** The tile of a code word (bits 0 or 1), `[tileSide, tileSide]`: mean 0, mean square 1. */
export function tileOf(carriers: readonly Carrier[], code: Uint8Array): Float32Array {
  const spectrum = emptySpectrum(tileSide);
  for (const { x, y, re, im, bit } of carriers) {
    const sign = bit === undefined || code[bit] === 1 ? 1 : -1;
    const at = (y & (tileSide - 1)) * tileSide + x;
    // The forward transform of the conjugates is, in its real part, the inverse of the carriers.
    spectrum.re[at] = sign * re;
    spectrum.im[at] = -sign * im;
  }
  transform(spectrum);
  // Each wave of size 1 has a mean square of 1/2.
  const size = Math.sqrt(carrierCount / 2);
  const tile = new Float32Array(spectrum.re.length);
  for (let i = 0; i < tile.length; i += 1) tile[i] = spectrum.re[i]! / size;
  return tile;
}
