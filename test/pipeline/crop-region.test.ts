import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import type { GreyImage } from "../../src/core/image.ts";
import { cropPixels, cropRegion } from "../../src/pipeline/crop-region.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";

const maskOf = (width: number, height: number, [x0, y0, x1, y1]: readonly number[]): GreyImage => {
  const data = new Uint8Array(width * height);
  for (let y = y0!; y < y1!; y++) data.fill(255, y * width + x0!, y * width + x1!);
  return { width, height, data };
};

describe("cropRegion", () => {
  const rows: {
    mask_w: number;
    mask_h: number;
    rect: number[];
    width: number;
    height: number;
    pad: number;
    expect: number[];
  }[] = JSON.parse(readFileSync(`${goldenFolder}/crop_regions.json`, "utf8"));

  it.each(rows)("is diffusers' for %o", (row) => {
    const { x1, y1, x2, y2 } = cropRegion(maskOf(row.mask_w, row.mask_h, row.rect), row, row.pad);
    expect([x1, y1, x2, y2]).toEqual(row.expect);
  });

  it("is the one of the inpaint_crop run", () => {
    const { shape, data } = readNpyAs(`${goldenFolder}/inpaint.mask.npy`, "uint8");
    const size = { width: shape[1]!, height: shape[0]! };
    const { x1, y1, x2, y2 } = cropRegion({ ...size, data }, size, 6);
    expect([x1, y1, x2, y2]).toEqual([...readNpyAs(`${goldenFolder}/inpaint_crop.crop_coords.npy`, "int32").data]);
  });

  it("lies inside the mask and holds every marked pixel", () => {
    const cases = fc
      .record({ width: fc.integer({ min: 1, max: 60 }), height: fc.integer({ min: 1, max: 60 }) })
      .chain(({ width, height }) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          x: fc.tuple(fc.nat(width - 1), fc.nat(width - 1)),
          y: fc.tuple(fc.nat(height - 1), fc.nat(height - 1)),
          pad: fc.nat(20),
          to: fc.record({ width: fc.integer({ min: 16, max: 200 }), height: fc.integer({ min: 16, max: 200 }) }),
        }),
      );
    fc.assert(
      fc.property(cases, ({ width, height, x, y, pad, to }) => {
        const rect = [Math.min(...x), Math.min(...y), Math.max(...x) + 1, Math.max(...y) + 1] as const;
        const box = cropRegion(maskOf(width, height, rect), to, pad);
        expect(box.x1).toBeGreaterThanOrEqual(0);
        expect(box.y1).toBeGreaterThanOrEqual(0);
        expect(box.x2).toBeLessThanOrEqual(width);
        expect(box.y2).toBeLessThanOrEqual(height);
        expect(box.x1).toBeLessThanOrEqual(rect[0]);
        expect(box.y1).toBeLessThanOrEqual(rect[1]);
        expect(box.x2).toBeGreaterThanOrEqual(rect[2]);
        expect(box.y2).toBeGreaterThanOrEqual(rect[3]);
      }),
    );
  });

  it("refuses a mask without a mark", () => {
    const empty = maskOf(20, 20, [0, 0, 0, 0]);
    expect(() => cropRegion(empty, { width: 16, height: 16 }, 4)).toThrow(Refused);
  });
});

describe("cropPixels", () => {
  const data = Uint8Array.from({ length: 3 * 2 * 2 }, (_, i) => i + 1);
  const layout = { width: 3, height: 2, channels: 2 };

  it("cuts inside the picture", () => {
    expect([...cropPixels(data, layout, { x1: 1, y1: 1, x2: 3, y2: 2 })]).toEqual([9, 10, 11, 12]);
  });

  it("is black outside the picture", () => {
    expect([...cropPixels(data, layout, { x1: -1, y1: -1, x2: 1, y2: 1 })]).toEqual([0, 0, 0, 0, 0, 0, 1, 2]);
    expect([...cropPixels(data, layout, { x1: 2, y1: 1, x2: 4, y2: 3 })]).toEqual([11, 12, 0, 0, 0, 0, 0, 0]);
    expect([...cropPixels(data, layout, { x1: 5, y1: 0, x2: 6, y2: 1 })]).toEqual([0, 0]);
  });
});
