import { describe, expect, it } from "vitest";
import { latentSize } from "../../src/pipeline/latents.ts";
import { binarize, cutMask, latentMask, packMask, stretchMask } from "../../src/pipeline/mask.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const { shape, data } = readNpyAs(`${goldenFolder}/inpaint.mask.npy`, "uint8");
const [height, width] = shape as [number, number];
const size = { width, height };
const mask = { ...size, data };

/** 0 and 255 to the 0 and 1 of the goldens. */
const bits = (data: Uint8Array) => data.map((value) => value & 1);

describe("masks of the inpainting runs", () => {
  it.each(["inpaint", "inpaint_ref"])("is the reference's in %s", (run) => {
    const binary = binarize(stretchMask(mask, size));
    expect(bits(binary.data)).toEqual(readNpyAs(`${goldenFolder}/${run}.mask_binary.npy`, "uint8").data);
    const packed = packMask(latentMask(binary, 8), { ...latentSize(size, 8), channels: 16 });
    expect(packed).toEqual(readNpyAs(`${goldenFolder}/${run}.mask_packed.npy`, "float32").data);
  });

  it("is the reference's in inpaint_crop, cropped and filled", () => {
    const box = readNpyAs(`${goldenFolder}/inpaint_crop.crop_coords.npy`, "int32").data;
    const [x1, y1, x2, y2] = [...box] as [number, number, number, number];
    const binary = binarize(cutMask(mask, { x1, y1, x2, y2 }, size));
    expect(bits(binary.data)).toEqual(readNpyAs(`${goldenFolder}/inpaint_crop.mask_binary.npy`, "uint8").data);
    const packed = packMask(latentMask(binary, 8), { ...latentSize(size, 8), channels: 16 });
    expect(packed).toEqual(readNpyAs(`${goldenFolder}/inpaint_crop.mask_packed.npy`, "float32").data);
  });
});

describe("binarize", () => {
  it("cuts at one half", () => {
    const greys = { width: 4, height: 1, data: Uint8Array.of(0, 127, 128, 255) };
    expect([...binarize(greys).data]).toEqual([0, 0, 255, 255]);
  });
});

describe("latentMask", () => {
  it("takes the top-left pixel of each cell", () => {
    const data = new Uint8Array(16 * 16);
    data[8] = 255;
    data[9 * 16 + 9] = 255;
    expect([...latentMask({ width: 16, height: 16, data }, 8)]).toEqual([0, 1, 0, 0]);
  });
});
