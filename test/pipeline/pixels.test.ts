import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floorToMultiple } from "../../src/core/bucket.ts";
import { toPixels, toTensor } from "../../src/pipeline/pixels.ts";
import { resizeLanczos } from "../../src/pipeline/resize.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";

describe("toTensor", () => {
  it("prepares the context image as the reference does", () => {
    const { shape, data } = readNpyAs(`${goldenFolder}/kontext.source_image.npy`, "uint8");
    const source = { height: shape[0]!, width: shape[1]!, channels: 3 };
    const size = floorToMultiple(source, 16);
    const tensor = toTensor({ ...size, data: resizeLanczos(data, source, size) });
    const expected = readNpyAs(`${goldenFolder}/kontext.vae_input.npy`, "float32");
    expect([1, 3, size.height, size.width]).toEqual(expected.shape);
    expect(Math.max(...tensor.map((value, i) => Math.abs(value - expected.data[i]!)))).toBeLessThan(1e-6);
  });

  it("is undone by toPixels", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 18, maxLength: 18 }), (data) => {
        const size = { width: 3, height: 2 };
        expect(toPixels(toTensor({ ...size, data }), size)).toEqual({ ...size, data });
      }),
    );
  });
});

describe("toPixels", () => {
  it.each(["kontext", "kontext_cfg", "inpaint", "inpaint_ref"])("is the reference's in %s", (run) => {
    const decoded = readNpyAs(`${goldenFolder}/${run}.decoded.npy`, "float32");
    const [, , height, width] = decoded.shape as [number, number, number, number];
    const { data } = toPixels(decoded.data, { width, height });
    const expected = readNpyAs(`${goldenFolder}/${run}.pixels.npy`, "uint8").data;
    const differing = data.filter((value, i) => value !== expected[i]).length;
    expect(differing / data.length).toBeLessThan(0.001);
  });

  it("clamps, and rounds half to even", () => {
    const share = (value: number) => (value / 255) * 2 - 1;
    const values = Float32Array.of(-7, 7, Number.NaN, share(0.49), share(0.51), share(254.6));
    expect([...toPixels(values, { width: 2, height: 1 }).data]).toEqual([0, 0, 1, 255, 0, 255]);
    expect(toPixels(Float32Array.of(0, 0, 0), { width: 1, height: 1 }).data).toEqual(Uint8Array.of(128, 128, 128));
  });
});
