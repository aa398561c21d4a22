import { describe, expect, it } from "vitest";
import { floorToMultiple } from "../../src/core/bucket.ts";
import { toTensor } from "../../src/pipeline/pixels.ts";
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
});
