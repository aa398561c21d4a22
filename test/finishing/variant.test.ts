import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeImage } from "../../src/finishing/encode.ts";
import { renderVariant } from "../../src/finishing/variant.ts";
import { waves } from "../support/pictures.ts";

const size = { width: 300, height: 200 };
const original = await encodeImage(waves(size, 1), "png");

describe("renderVariant", () => {
  it.each([
    ["png", "png"],
    ["jpeg", "jpeg"],
    ["webp", "webp"],
    ["avif", "heif"],
  ] as const)("makes %s of a width, the ratio kept", async (format, named) => {
    const found = await sharp(await renderVariant(original, { width: 96, format, quality: 80 })).metadata();
    expect([found.format, found.width, found.height]).toEqual([named, 96, 64]);
  });

  it("enlarges nothing", async () => {
    const found = await sharp(await renderVariant(original, { width: 2048, format: "webp", quality: 80 })).metadata();
    expect([found.width, found.height]).toEqual([300, 200]);
  });

  it("heeds the quality where there is one", async () => {
    const bytes = async (format: "png" | "jpeg", quality: number) =>
      (await renderVariant(original, { format, quality })).length;
    expect(await bytes("jpeg", 30)).toBeLessThan(await bytes("jpeg", 95));
    expect(await bytes("png", 30)).toBe(await bytes("png", 95));
  });
});
