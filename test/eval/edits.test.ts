import { describe, expect, it } from "vitest";
import { colours, edits } from "../../eval/edits.ts";
import { type Planes, psnr, toPlanes, toRgb } from "../../eval/planes.ts";
import { plainWordings, strangeWordings } from "../../eval/prompts.ts";
import { waves } from "../support/pictures.ts";

const flat = (r: number, g: number, b: number, size = { width: 64, height: 48 }): Planes => ({
  ...size,
  planes: [r, g, b].map((value) =>
    new Float32Array(size.width * size.height).fill(value),
  ) as unknown as Planes["planes"],
});
const pixel = ({ planes }: Planes, i = 0) => planes.map((plane) => plane[i]!);
const grey = 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8;

describe("edits of one colour", () => {
  it.each([
    ["black and white", [grey, grey, grey]],
    ["sepia", [1.07 * grey, 0.86 * grey, 0.62 * grey]],
    ["invert", [0.8, 0.6, 0.2]],
    ["brighter", [0.2 ** 0.6, 0.4 ** 0.6, 0.8 ** 0.6]],
    ["darker", [0.2 ** 1.8, 0.4 ** 1.8, 0.8 ** 1.8]],
    ["warmer", [0.25, 0.4, 0.6]],
    ["cooler", [0.15, 0.4, 1]],
    ["more contrast", [0.02, 0.34, 0.98]],
    ["less contrast", [0.335, 0.445, 0.665]],
    ["more vivid", [grey + 1.9 * (0.2 - grey), grey + 1.9 * (0.4 - grey), grey + 1.9 * (0.8 - grey)]],
    ["faded", [grey + 0.4 * (0.2 - grey), grey + 0.4 * (0.4 - grey), grey + 0.4 * (0.8 - grey)]],
    ["posterise", [1 / 3, 1 / 3, 2 / 3]],
    ["night", [0.7 * (0.07 + 0.1 * grey), 0.85 * (0.14 + 0.1 * grey), 1.35 * (0.28 + 0.1 * grey)]],
    ["sunset", [1.25 * (0.16 + 0.2 * grey), 0.85 * (0.32 + 0.2 * grey), 0.6 * (0.64 + 0.2 * grey)]],
    ["blur", [0.2, 0.4, 0.8]],
    ["sharpen", [0.2, 0.4, 0.8]],
    ["sketch", [1, 1, 1]],
    ["pixelate", [0.2, 0.4, 0.8]],
    ["mirror", [0.2, 0.4, 0.8]],
    ["keep", [0.2, 0.4, 0.8]],
  ])("%s", (name, expected) => {
    const actual = pixel(edits[name]!(flat(0.2, 0.4, 0.8), colours.red!));
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
  });

  it("tint, frame and vignette", () => {
    const tinted = pixel(edits.tint!(flat(0.2, 0.4, 0.8), colours.blue!));
    expect(tinted[2]).toBeCloseTo(1.05 * grey * 0.85 + 0.25 * 0.8, 5);
    const framed = edits.frame!(flat(0.2, 0.4, 0.8), colours.red!);
    expect(pixel(framed, 64 * 3 + 3)[0]).toBeCloseTo(0.85, 5);
    expect(pixel(framed, 64 * 4 + 4)[0]).toBeCloseTo(0.2, 5);
    const dark = pixel(edits.vignette!(flat(1, 1, 1), colours.red!));
    expect(dark[0]).toBeCloseTo(1 - 0.75 * ((31.5 ** 2 + 23.5 ** 2) / (32 ** 2 + 24 ** 2)), 5);
  });
});

describe("edits of a picture", () => {
  const source = toPlanes(waves({ width: 70, height: 50 }, 1));

  it("mirror twice is the picture; pixelate twice is pixelate", () => {
    const twice = (name: string) => edits[name]!(edits[name]!(source, colours.red!), colours.red!);
    expect(psnr(toRgb(twice("mirror")), toRgb(source))).toBe(100);
    expect(psnr(toRgb(twice("pixelate")), toRgb(edits.pixelate!(source, colours.red!)))).toBe(100);
  });

  it("blur keeps the mean about and lowers contrast", () => {
    const soft = edits.blur!(source, colours.red!);
    const spread = (plane: Float32Array) => Math.max(...plane) - Math.min(...plane);
    expect(spread(soft.planes[0])).toBeLessThan(spread(source.planes[0]));
  });
});

describe("wordings", () => {
  it("ask only for edits and colours that are defined", () => {
    for (const { edit, colour } of [...plainWordings, ...strangeWordings]) {
      expect(edits).toHaveProperty([edit]);
      if (colour !== undefined) expect(colours).toHaveProperty([colour]);
      expect(colour !== undefined).toBe(edit === "tint" || edit === "frame");
    }
    expect(strangeWordings).toHaveLength(50);
  });
});
