import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../src/intake/decode.ts";
import { placeSideBySide, sizeSideBySide } from "../../src/intake/side-by-side.ts";

const plain = (width: number, height: number, value: number) => ({
  width,
  height,
  data: new Uint8Array(3 * width * height).fill(value),
});

test("all are brought to the height of the lowest, in their order", async () => {
  const { width, height, data } = await placeSideBySide([plain(4, 8, 10), plain(3, 4, 200)]);
  expect({ width, height }).toEqual({ width: 5, height: 4 });
  const reds = Array.from({ length: width }, (_, x) => data[3 * x]);
  expect(reds).toEqual([10, 10, 200, 200, 200]);
});

test("photographs of a camera, together wider than a picture may be, are made smaller and keep their shapes", () => {
  const { width, height } = sizeSideBySide(Array.from({ length: 3 }, () => ({ width: 4032, height: 3024 })));
  expect(width).toBeLessThanOrEqual(limits.sideMax);
  expect(width / height).toBeCloseTo(4, 1);
});

test("a canvas is never wider than a picture may be, nor empty", () => {
  const side = fc.integer({ min: 1, max: limits.sideMax });
  const size = fc.record({ width: side, height: side });
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 4 }), (pictures) => {
      const { width, height } = sizeSideBySide(pictures);
      expect(width).toBeGreaterThanOrEqual(pictures.length);
      expect(width).toBeLessThanOrEqual(limits.sideMax);
      expect(height).toBeGreaterThanOrEqual(1);
      expect(height).toBeLessThanOrEqual(Math.min(...pictures.map((picture) => picture.height)));
    }),
  );
});
