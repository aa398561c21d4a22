import type { RgbImage, Size } from "../../src/core/image.ts";

export interface Picture {
  readonly name: string;
  readonly image: RgbImage;
}

type Colour = readonly [number, number, number];
/** The colour 0…255 at a pixel; values outside are clipped. */
type Paint = (x: number, y: number) => Colour;

/** Numbers 0…1 that look like chance and are the same on every machine (Mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function paint({ width, height }: Size, colourAt: Paint): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (const value of colourAt(x, y)) {
        data[i] = Math.round(Math.min(255, Math.max(0, value)));
        i += 1;
      }
    }
  }
  return { width, height, data };
}

/** Smooth noise of about −1…1: octaves of interpolated lattices, the coarsest `period` pixels wide, each half as strong. */
function clouds(seed: number, period: number, octaves: number, persistence = 0.5): (x: number, y: number) => number {
  const lattice = Float32Array.from({ length: 4096 }, chance(seed));
  const at = (x: number, y: number) => lattice[(Math.imul(x, 73856093) ^ Math.imul(y, 19349663)) & 4095]! * 2 - 1;
  const ease = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    let sum = 0;
    let weight = 1;
    for (let octave = 0, step = period; octave < octaves; octave += 1, step /= 2, weight *= persistence) {
      const u = x / step + 17 * octave;
      const v = y / step + 31 * octave;
      const [i, j] = [Math.floor(u), Math.floor(v)];
      const [s, t] = [ease(u - i), ease(v - j)];
      const top = at(i, j) * (1 - s) + at(i + 1, j) * s;
      const bottom = at(i, j + 1) * (1 - s) + at(i + 1, j + 1) * s;
      sum += weight * (top * (1 - t) + bottom * t);
    }
    return sum;
  };
}

/** Discs and boxes of flat colour on paper, in the order drawn. */
function shapes(seed: number, size: Size, count: number, paper: Colour, ceiling: number): RgbImage {
  const next = chance(seed);
  const all = Array.from({ length: count }, () => ({
    x: next() * size.width,
    y: next() * size.height,
    w: (0.03 + 0.15 * next()) * size.width,
    h: (0.03 + 0.15 * next()) * size.height,
    round: next() < 0.5,
    colour: [next() * ceiling, next() * ceiling, next() * ceiling] as const,
  }));
  return paint(size, (x, y) => {
    const hit = all.findLast(({ x: cx, y: cy, w, h, round }) => {
      const [dx, dy] = [(x - cx) / w, (y - cy) / h];
      return round ? dx * dx + dy * dy < 1 : Math.max(Math.abs(dx), Math.abs(dy)) < 1;
    });
    return hit?.colour ?? paper;
  });
}

/** Lines of small dark blocks on white, as print looks from afar. */
function page(seed: number, size: Size): RgbImage {
  const next = chance(seed);
  const ink = Uint8Array.from({ length: 4096 }, () => (next() < 0.55 ? 1 : 0));
  const margin = size.width / 10;
  return paint(size, (x, y) => {
    const [column, row] = [Math.floor(x / 3), Math.floor(y / 3)];
    const inText = x > margin && x < size.width - margin && y > margin && y < size.height - margin;
    const isGlyph = row % 7 < 4 && column % 4 < 3 && ink[(column * 31 + row * 17 + ((row * column) >> 3)) & 4095] === 1;
    return inText && isGlyph ? [30, 30, 34] : [255, 255, 255];
  });
}

/** Thin curved lines on white. */
function inkDrawing(seed: number, size: Size): RgbImage {
  const field = clouds(seed, 260, 2);
  return paint(size, (x, y) => {
    const height = field(x, y) * 6;
    const distance = Math.abs(height - Math.round(height));
    return distance < 0.03 ? [20, 20, 20] : [255, 255, 255];
  });
}

function night(seed: number, size: Size): RgbImage {
  const haze = clouds(seed, 300, 7);
  const next = chance(seed);
  const lamps = Array.from({ length: 12 }, () => [next() * size.width, next() * size.height] as const);
  return paint(size, (x, y) => {
    const glow = lamps.reduce((sum, [lx, ly]) => sum + 180 / (1 + ((x - lx) ** 2 + (y - ly) ** 2) / 40), 0);
    const dark = 12 + 9 * haze(x, y);
    return [dark + glow, dark + 0.8 * glow, dark + 6 + 0.4 * glow];
  });
}

function sky(size: Size): RgbImage {
  return paint(size, (x, y) => {
    const t = y / size.height;
    return [70 + 150 * t + (10 * x) / size.width, 120 + 100 * t, 220 - 20 * t];
  });
}

function landscape(seed: number, size: Size, persistence: number): RgbImage {
  const [shape, hue] = [clouds(seed, 256, 8, persistence), clouds(seed + 1, 400, 3)];
  return paint(size, (x, y) => {
    const value = 125 + 75 * shape(x, y);
    const tint = 30 * hue(x, y);
    return [value + tint, value, value - tint];
  });
}

function bricks(seed: number, size: Size): RgbImage {
  const [grain, next] = [clouds(seed, 24, 4, 0.8), chance(seed)];
  const tones = Float32Array.from({ length: 256 }, next);
  return paint(size, (x, y) => {
    const row = Math.floor(y / 26);
    const along = x + (row % 2) * 32;
    const mortar = y % 26 < 4 || along % 64 < 4;
    const tone = mortar ? 170 : 90 + 60 * tones[(Math.floor(along / 64) * 13 + row * 7) & 255]!;
    const value = tone + 18 * grain(x, y);
    return mortar ? [value, value, value] : [value * 1.3, value * 0.75, value * 0.6];
  });
}

/** Generated pictures that differ in what makes a mark hard: no noise to hide in, no room at the ends, much noise. */
export function generated(): Picture[] {
  return [
    { name: "drawing", image: shapes(1, { width: 1024, height: 1024 }, 40, [255, 255, 255], 255) },
    { name: "night", image: night(4, { width: 1024, height: 768 }) },
    { name: "dark shapes", image: shapes(5, { width: 720, height: 480 }, 25, [0, 0, 0], 24) },
    { name: "sky", image: sky({ width: 1024, height: 1024 }) },
    { name: "stone", image: landscape(6, { width: 900, height: 600 }, 0.55) },
    { name: "grass", image: landscape(7, { width: 640, height: 480 }, 0.9) },
    { name: "bricks", image: bricks(8, { width: 1024, height: 768 }) },
  ];
}

/** Black on pure white, where hardly a level is free: reported apart from the goal. */
export function blackOnWhite(): Picture[] {
  return [
    { name: "ink", image: inkDrawing(2, { width: 800, height: 600 }) },
    { name: "page", image: page(3, { width: 720, height: 960 }) },
  ];
}

/** An unmarked picture, all different by seed: one of eight a piece of a photograph, the rest of all the kinds above. */
export function unmarked(seed: number, photographs: readonly RgbImage[]): RgbImage {
  const next = chance(seed + 1000);
  const size = { width: 256 + Math.floor(next() * 384), height: 256 + Math.floor(next() * 320) };
  const kinds = [
    () => piece(photographs[Math.floor(next() * photographs.length)]!, next),
    () => shapes(seed, size, 5 + (seed % 40), [255, 255, 255], 255),
    () => inkDrawing(seed, size),
    () => page(seed, size),
    () => night(seed, size),
    () => shapes(seed, size, 5 + (seed % 40), [0, 0, 0], 24),
    () => landscape(seed, size, 0.4 + 0.6 * next()),
    () => bricks(seed, size),
  ];
  return kinds[seed % kinds.length]!();
}

/** A rectangle of at least 60 % of each side, mirrored or not. */
function piece(photograph: RgbImage, next: () => number): RgbImage {
  const size = {
    width: Math.floor(photograph.width * (0.6 + 0.4 * next())),
    height: Math.floor(photograph.height * (0.6 + 0.4 * next())),
  };
  const left = Math.floor(next() * (photograph.width - size.width));
  const top = Math.floor(next() * (photograph.height - size.height));
  const mirrored = next() < 0.5;
  return paint(size, (x, y) => {
    const i = 3 * ((top + y) * photograph.width + left + (mirrored ? size.width - 1 - x : x));
    return [photograph.data[i]!, photograph.data[i + 1]!, photograph.data[i + 2]!];
  });
}
