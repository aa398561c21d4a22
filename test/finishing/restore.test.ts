import { describe, expect, it } from "vitest";
import { differenceOf } from "../../src/finishing/difference.ts";
import { restorePixels } from "../../src/finishing/restore.ts";

/** More than is worked on without a pause. */
const size = { width: 2048, height: 513 };
const pixels = size.width * size.height;
const made = { ...size, data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * 7) % 256) };
const source = { ...size, data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * 11 + 5) % 253) };

/** Whether others have had a turn when the work is done. */
async function letsOthersGoOn(work: () => Promise<unknown>): Promise<boolean> {
  let isTheirTurn = false;
  setImmediate(() => {
    isTheirTurn = true;
  });
  await work();
  return isTheirTurn;
}

describe("restorePixels", () => {
  it("keeps the source where the mask is black, the result where it is white, and rounds a mix between", async () => {
    const mask = { ...size, data: Uint8Array.from({ length: pixels }, (_, i) => (i * 13) % 256) };
    const { data, ...restoredSize } = await restorePixels(made, source, mask);
    expect(restoredSize).toEqual(size);
    const wrong = data.findIndex((value, i) => {
      const share = mask.data[Math.floor(i / 3)]!;
      return value !== Math.round((made.data[i]! * share + source.data[i]! * (255 - share)) / 255);
    });
    expect(wrong).toBe(-1);
  });

  it("changes neither picture, and lets others go on", async () => {
    const before = [made, source].map(({ data }) => Buffer.from(data));
    const mask = { ...size, data: new Uint8Array(pixels) };
    expect(await letsOthersGoOn(() => restorePixels(made, source, mask))).toBe(true);
    expect([made, source].map(({ data }, i) => Buffer.compare(data, before[i]!))).toEqual([0, 0]);
  });
});

describe("differenceOf", () => {
  it("is of all bytes, and lets others go on", async () => {
    const tall = { width: size.width, height: 4 * size.height };
    const dark = { ...tall, data: new Uint8Array(12 * pixels) };
    const spotted = { ...tall, data: new Uint8Array(12 * pixels) };
    spotted.data.set([3, 5], 0);
    spotted.data.set([4], 12 * pixels - 1);
    const squares = 9 + 25 + 16;
    const psnr = 10 * Math.log10((255 * 255 * 12 * pixels) / squares);
    expect(await differenceOf(dark, spotted)).toEqual({ max: 5, mean: 12 / (12 * pixels), psnr });
    expect(await differenceOf(dark, dark)).toEqual({ max: 0, mean: 0, psnr: null });
    expect(await letsOthersGoOn(() => differenceOf(dark, dark))).toBe(true);
  });
});
