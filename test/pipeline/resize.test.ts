import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropPixels } from "../../src/pipeline/crop-region.ts";
import { resizeFill, resizeLanczos } from "../../src/pipeline/resize.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const cases: { k?: number; fill?: number; src: number[]; dst: [number, number]; crop: number[]; mode: string }[] =
  JSON.parse(readFileSync(`${goldenFolder}/resize.json`, "utf8"));

const pixels = (name: string) => {
  const { shape, data } = readNpyAs(`${goldenFolder}/${name}.npy`, "uint8");
  return { data, layout: { height: shape[0]!, width: shape[1]!, channels: shape[2] ?? 1 } };
};

describe("resizeLanczos", () => {
  it.each(cases.filter(({ k }) => k !== undefined))("is Pillow's, byte for byte: $src to $dst $mode", ({ k, dst }) => {
    const source = pixels(`resize.${k}.src`);
    const [width, height] = dst;
    expect(resizeLanczos(source.data, source.layout, { width, height })).toEqual(pixels(`resize.${k}.dst`).data);
  });

  const extent = fc.integer({ min: 1, max: 40 });
  const picture = fc
    .record({ width: extent, height: extent, channels: fc.integer({ min: 1, max: 4 }) })
    .chain((layout) => {
      const length = layout.width * layout.height * layout.channels;
      return fc.record({ layout: fc.constant(layout), data: fc.uint8Array({ minLength: length, maxLength: length }) });
    });

  it("changes nothing at the same size, and gives a copy", () => {
    fc.assert(
      fc.property(picture, ({ layout, data }) => {
        const same = resizeLanczos(data, layout, layout);
        expect(same).toEqual(data);
        expect(same).not.toBe(data);
      }),
    );
  });

  it("keeps a flat colour flat", () => {
    fc.assert(
      fc.property(picture, extent, extent, (source, width, height) => {
        const colour = source.data.subarray(0, source.layout.channels);
        const flat = source.data.map((_, i) => colour[i % colour.length]!);
        const resized = resizeLanczos(flat, source.layout, { width, height });
        expect(resized).toHaveLength(width * height * source.layout.channels);
        expect(resized.every((value, i) => value === colour[i % colour.length])).toBe(true);
      }),
    );
  });

  it("treats each channel alone", () => {
    fc.assert(
      fc.property(picture, extent, extent, ({ layout, data }, width, height) => {
        const { channels } = layout;
        const all = resizeLanczos(data, layout, { width, height });
        const first = data.filter((_, i) => i % channels === 0);
        const alone = resizeLanczos(first, { ...layout, channels: 1 }, { width, height });
        expect(alone).toEqual(all.filter((_, i) => i % channels === 0));
      }),
    );
  });
});

describe("resizeFill", () => {
  const source = pixels("fill.src");

  it.each(cases.filter(({ fill }) => fill !== undefined))("is diffusers': $crop to $dst", ({ fill, crop, dst }) => {
    const [x1, y1, x2, y2] = crop as [number, number, number, number];
    const [width, height] = dst;
    const { channels } = source.layout;
    const cropped = cropPixels(source.data, source.layout, { x1, y1, x2, y2 });
    const filled = resizeFill(cropped, { width: x2 - x1, height: y2 - y1, channels }, { width, height });
    expect(filled).toEqual(pixels(`fill.${fill}.dst`).data);
  });

  it("fills a grey picture as it fills each channel of a colour one", () => {
    const { layout, data } = source;
    const grey = data.filter((_, i) => i % 3 === 0);
    for (const to of [
      { width: 31, height: 64 },
      { width: 64, height: 21 },
    ]) {
      const filled = resizeFill(grey, { ...layout, channels: 1 }, to);
      expect(filled).toEqual(resizeFill(data, layout, to).filter((_, i) => i % 3 === 0));
    }
  });

  it("survives a picture so long that the other side would vanish", () => {
    const flat = new Uint8Array(300).fill(200);
    expect(resizeFill(flat, { width: 300, height: 1, channels: 1 }, { width: 16, height: 16 })).toHaveLength(256);
    expect(resizeFill(flat, { width: 1, height: 300, channels: 1 }, { width: 16, height: 16 })).toHaveLength(256);
  });
});
