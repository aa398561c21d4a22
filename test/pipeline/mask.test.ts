import { describe, expect, it } from "vitest";
import { cropPixels } from "../../src/pipeline/crop-region.ts";
import { latentSize } from "../../src/pipeline/latents.ts";
import { binarize, binaryMask, latentMask, packMask, toGrey } from "../../src/pipeline/mask.ts";
import { resizeFill } from "../../src/pipeline/resize.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const mask = readNpyAs(`${goldenFolder}/inpaint.mask.npy`, "uint8");
const [height, width] = mask.shape as [number, number];
const size = { width, height };
const layout = { ...size, channels: 1 };

/** 0 and 255 to the 0 and 1 of the goldens. */
const bits = (data: Uint8Array) => data.map((value) => value & 1);

describe("masks of the inpainting runs", () => {
  it.each(["inpaint", "inpaint_ref"])("is the reference's in %s", (run) => {
    const binary = binaryMask(mask.data, layout, size);
    expect(bits(binary.data)).toEqual(readNpyAs(`${goldenFolder}/${run}.mask_binary.npy`, "uint8").data);
    const shape = { ...latentSize(size, 8), channels: 16 };
    const packed = packMask(latentMask(binary, 8), shape);
    expect(packed).toEqual(readNpyAs(`${goldenFolder}/${run}.mask_packed.npy`, "float32").data);
  });

  it("is the reference's in inpaint_crop, cropped and filled", () => {
    const box = readNpyAs(`${goldenFolder}/inpaint_crop.crop_coords.npy`, "int32").data;
    const [x1, y1, x2, y2] = [...box] as [number, number, number, number];
    const cropped = cropPixels(mask.data, layout, { x1, y1, x2, y2 });
    const filled = resizeFill(cropped, { width: x2 - x1, height: y2 - y1, channels: 1 }, size);
    const binary = binarize({ ...size, data: filled });
    expect(bits(binary.data)).toEqual(readNpyAs(`${goldenFolder}/inpaint_crop.mask_binary.npy`, "uint8").data);
    const packed = packMask(latentMask(binary, 8), { ...latentSize(size, 8), channels: 16 });
    expect(packed).toEqual(readNpyAs(`${goldenFolder}/inpaint_crop.mask_packed.npy`, "float32").data);
  });
});

describe("toGrey", () => {
  it("keeps greys and weighs colours as Pillow does", () => {
    const greys = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
    expect(toGrey({ width: 256, height: 1, data: greys }).data).toEqual(Uint8Array.from({ length: 256 }, (_, i) => i));
    const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255);
    expect([...toGrey({ width: 3, height: 1, data: primaries }).data]).toEqual([76, 150, 29]);
  });
});

describe("binaryMask", () => {
  it("cuts at one half", () => {
    const grey = { width: 4, height: 1, channels: 1 };
    expect([...binaryMask(Uint8Array.of(0, 127, 128, 255), grey, grey).data]).toEqual([0, 0, 255, 255]);
  });

  it("takes a colour mask by its grey", () => {
    const colour = { width: 2, height: 1, channels: 3 };
    expect([...binaryMask(Uint8Array.of(0, 255, 0, 255, 0, 0), colour, colour).data]).toEqual([255, 0]);
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
