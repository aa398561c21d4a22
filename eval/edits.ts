import { roundHalfToEven } from "../src/core/bucket.ts";
import { gaussian, luma, mapPixels, type Planes } from "./planes.ts";

type Rgb = readonly [number, number, number];

export const colours: Record<string, Rgb> = {
  red: [0.85, 0.12, 0.12],
  green: [0.15, 0.7, 0.2],
  blue: [0.15, 0.3, 0.85],
  yellow: [0.95, 0.85, 0.15],
  orange: [0.95, 0.55, 0.1],
  purple: [0.55, 0.2, 0.7],
  pink: [0.95, 0.55, 0.7],
  white: [0.95, 0.95, 0.95],
  black: [0.06, 0.06, 0.06],
  gray: [0.5, 0.5, 0.5],
  brown: [0.45, 0.28, 0.12],
  cyan: [0.2, 0.8, 0.85],
};

/** Channels are mapped one by one. */
const each = (map: (value: number) => number) => (picture: Planes) =>
  mapPixels(picture, ([r, g, b]) => [map(r), map(g), map(b)]);
/** Channels are mixed with the luma: `a x + b L`, then multiplied. */
const mixed =
  (a: number, b: number, factors: Rgb = [1, 1, 1]) =>
  (picture: Planes) =>
    mapPixels(picture, (rgb) => {
      const light = b * luma(rgb);
      return [factors[0] * (a * rgb[0] + light), factors[1] * (a * rgb[1] + light), factors[2] * (a * rgb[2] + light)];
    });

const shorterSide = ({ width, height }: Planes) => Math.min(width, height);

function sharpen(picture: Planes): Planes {
  const soft = gaussian(picture, shorterSide(picture) / 256);
  return mapPixels(picture, (rgb, i) => [
    2 * rgb[0] - soft.planes[0][i]!,
    2 * rgb[1] - soft.planes[1][i]!,
    2 * rgb[2] - soft.planes[2][i]!,
  ]);
}

function sketch(picture: Planes): Planes {
  const light = mixed(0, 1)(picture);
  const soft = gaussian(light, shorterSide(picture) / 128);
  return mapPixels(light, ([value], i) => {
    const line = Math.min(1, Math.max(0, 1 - 4 * Math.abs(value - soft.planes[0][i]!)));
    return [line, line, line];
  });
}

/** Means over blocks counted from the top left; a cut block has the mean of what it holds. */
function pixelate(picture: Planes): Planes {
  const { width, height } = picture;
  const block = Math.max(1, Math.floor(shorterSide(picture) / 32 + 0.5));
  const columns = Math.ceil(width / block);
  const blockOf = (i: number) => Math.floor(Math.floor(i / width) / block) * columns + Math.floor((i % width) / block);
  const sums = new Float64Array(3 * columns * Math.ceil(height / block));
  const counts = new Float64Array(sums.length / 3);
  mapPixels(picture, (rgb, i) => {
    counts[blockOf(i)]! += 1;
    for (const channel of [0, 1, 2] as const) sums[3 * blockOf(i) + channel]! += rgb[channel];
    return rgb;
  });
  return mapPixels(picture, (_, i) => {
    const at = blockOf(i);
    return [sums[3 * at]! / counts[at]!, sums[3 * at + 1]! / counts[at]!, sums[3 * at + 2]! / counts[at]!];
  });
}

/** The distance is that of a pixel's middle from the picture's, over half the diagonal. */
function vignette(picture: Planes): Planes {
  const { width, height } = picture;
  return mapPixels(picture, ([r, g, b], i) => {
    const x = (i % width) + 0.5 - width / 2;
    const y = Math.floor(i / width) + 0.5 - height / 2;
    const left = 1 - 0.75 * ((x * x + y * y) / ((width ** 2 + height ** 2) / 4));
    return [r * left, g * left, b * left];
  });
}

function frame(picture: Planes, colour: Rgb): Planes {
  const { width, height } = picture;
  const border = Math.floor(shorterSide(picture) / 12 + 0.5);
  return mapPixels(picture, (rgb, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const inside = x >= border && x < width - border && y >= border && y < height - border;
    return inside ? rgb : colour;
  });
}

function mirror(picture: Planes): Planes {
  const { width, planes } = picture;
  return mapPixels(picture, (_, i) => {
    const at = i - (i % width) + (width - 1 - (i % width));
    return [planes[0][at]!, planes[1][at]!, planes[2][at]!];
  });
}

/**
 * The exact meaning of every edit of a whole picture that Pentimento Mini is taught, by its name in the training tool
 * (`models/training/edits.py` holds the same definitions). `tint` and `frame` take a colour.
 */
export const edits: Record<string, (picture: Planes, colour: Rgb) => Planes> = {
  "black and white": mixed(0, 1),
  sepia: mixed(0, 1, [1.07, 0.86, 0.62]),
  invert: each((value) => 1 - value),
  brighter: each((value) => value ** 0.6),
  darker: each((value) => value ** 1.8),
  warmer: mixed(1, 0, [1.25, 1, 0.75]),
  cooler: mixed(1, 0, [0.75, 1, 1.25]),
  "more contrast": each((value) => 0.5 + 1.6 * (value - 0.5)),
  "less contrast": each((value) => 0.5 + 0.55 * (value - 0.5)),
  "more vivid": mixed(1.9, -0.9),
  faded: mixed(0.4, 0.6),
  posterise: each((value) => roundHalfToEven(3 * value) / 3),
  blur: (picture) => gaussian(picture, shorterSide(picture) / 64),
  sharpen,
  sketch,
  pixelate,
  vignette,
  night: mixed(0.35, 0.1, [0.7, 0.85, 1.35]),
  sunset: mixed(0.8, 0.2, [1.25, 0.85, 0.6]),
  tint: (picture, colour) =>
    mapPixels(picture, (rgb) => {
      const light = 1.05 * luma(rgb);
      return [light * colour[0] + 0.25 * rgb[0], light * colour[1] + 0.25 * rgb[1], light * colour[2] + 0.25 * rgb[2]];
    }),
  frame,
  mirror,
  keep: (picture) => picture,
};
