import { readFile } from "node:fs/promises";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, decodeMask, limits } from "../../src/intake/decode.ts";

const flat = (channels: 3 | 4, background: object, size = { width: 32, height: 24 }) =>
  sharp({ create: { ...size, channels, background: background as never } });

/** A PNG that says of its numbers, which stay as they are, that they are of a profile. */
function withProfile(png: Buffer, icc: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from("iCCPprofile\0\0", "latin1"), deflateSync(icc)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(named.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  // After the signature and the header.
  return Buffer.concat([png.subarray(0, 33), length, named, sum, png.subarray(33)]);
}

describe("decodeImage", () => {
  it.each(["chelsea.png", "coffee.png", "rocket.jpg"])("reads %s as RGB", async (name) => {
    const bytes = await readFile(`samples/${name}`);
    const image = await decodeImage(bytes);
    expect(image.data.length).toBe(image.width * image.height * 3);
    const { data } = await sharp(bytes).removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
    expect(Buffer.compare(Buffer.from(image.data), data)).toBe(0);
  });

  it.each([
    ["grey", () => flat(3, { r: 90, g: 90, b: 90 }).toColourspace("b-w").png(), [90, 90, 90]],
    ["palette", () => flat(3, { r: 200, g: 10, b: 30 }).png({ palette: true }), [200, 10, 30]],
    ["16 bits", () => flat(3, { r: 255, g: 0, b: 128 }).toColourspace("rgb16").png(), [255, 0, 128]],
    ["half transparent over white", () => flat(4, { r: 0, g: 0, b: 0, alpha: 0 }).png(), [255, 255, 255]],
    ["WebP", () => flat(3, { r: 0, g: 0, b: 255 }).webp({ lossless: true }), [0, 0, 255]],
  ])("brings %s to three bytes a pixel", async (_, make, colour) => {
    const image = await decodeImage(await make().toBuffer());
    expect(image.data.length).toBe(32 * 24 * 3);
    expect([...image.data.subarray(0, 3)]).toEqual(colour);
  });

  it.each(["srgb", "p3"])("reads 16 bits of the profile %s as sRGB", async (profile) => {
    const eight = await flat(3, { r: 230, g: 40, b: 40 }).withIccProfile(profile).png().toBuffer();
    const { icc } = await sharp(eight).metadata();
    const numbers = await sharp(eight, { ignoreIcc: true }).raw().toBuffer();
    const raw = { width: 32, height: 24, channels: 3 } as const;
    const sixteen = await sharp(
      Uint16Array.from(numbers, (number) => number * 257),
      { raw },
    )
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    const image = await decodeImage(withProfile(sixteen, icc!));
    const apart = [230, 40, 40].map((value, channel) => Math.abs(image.data[channel]! - value));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  });

  it("reads a CMYK JPEG as sRGB", async () => {
    const image = await decodeImage(
      await flat(3, { r: 220, g: 30, b: 40 }).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
    );
    expect(image.data.length).toBe(32 * 24 * 3);
    expect(image.data[0]!).toBeGreaterThan(image.data[1]! + 100);
  });

  it("applies the orientation", async () => {
    const image = await decodeImage(
      await flat(3, { r: 1, g: 2, b: 3 }).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    expect([image.width, image.height]).toEqual([24, 32]);
  });

  it.each([
    ["empty", () => Buffer.alloc(0), "IMAGE_UNREADABLE", /empty/],
    ["text", () => Buffer.from("hello, I am no image"), "IMAGE_UNSUPPORTED", /JPEG, PNG or WebP/],
    [
      "SVG",
      () => Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'/>"),
      "IMAGE_UNSUPPORTED",
      /JPEG, PNG or WebP/,
    ],
    ["GIF", () => flat(3, { r: 1, g: 2, b: 3 }).gif().toBuffer(), "IMAGE_UNSUPPORTED", /JPEG, PNG or WebP/],
    [
      "a cut PNG",
      async () =>
        (
          await flat(3, { r: 1, g: 2, b: 3 }, { width: 200, height: 200 }).png({ compressionLevel: 0 }).toBuffer()
        ).subarray(0, 5000),
      "IMAGE_UNREADABLE",
      /cannot be decoded/,
    ],
    [
      "1 × 20000 pixels",
      () => flat(3, { r: 1, g: 2, b: 3 }, { width: 1, height: 20_000 }).png().toBuffer(),
      "IMAGE_TOO_LARGE",
      /1 × 20000/,
    ],
    [
      "a tiny picture",
      () => flat(3, { r: 1, g: 2, b: 3 }, { width: 15, height: 40 }).png().toBuffer(),
      "BAD_INPUT",
      /at least 16/,
    ],
    [
      "too many pixels",
      () => flat(3, { r: 1, g: 2, b: 3 }, { width: 8192, height: 2049 }).png().toBuffer(),
      "IMAGE_TOO_LARGE",
      /16777216 pixels/,
    ],
    [
      "a large interlaced PNG",
      () => flat(3, { r: 1, g: 2, b: 3 }, { width: 4096, height: 1025 }).png({ progressive: true }).toBuffer(),
      "IMAGE_TOO_LARGE",
      /4194304/,
    ],
    ["too many bytes", () => Buffer.alloc(limits.bytesMax + 1), "IMAGE_TOO_LARGE", /bytes/],
  ])("refuses %s", async (_, make, code, message) => {
    await expect(decodeImage(await make())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("decodeMask", () => {
  it.each([
    [{ r: 255, g: 0, b: 255 }, 105],
    [{ r: 255, g: 0, b: 0 }, 76],
    [{ r: 0, g: 255, b: 0 }, 150],
    [{ r: 0, g: 0, b: 255 }, 29],
    [{ r: 77, g: 77, b: 77 }, 77],
  ])("takes %j for the grey that Pillow takes it for", async (colour, grey) => {
    const { data } = await decodeMask(await flat(3, colour).png().toBuffer());
    expect(new Set(data)).toEqual(new Set([grey]));
  });

  it("gives one byte a pixel, transparency as black", async () => {
    const white = await decodeMask(await flat(3, { r: 255, g: 255, b: 255 }).png().toBuffer());
    expect(white.data.length).toBe(32 * 24);
    expect(white.data[5]).toBe(255);
    const clear = await decodeMask(await flat(4, { r: 255, g: 255, b: 255, alpha: 0 }).png().toBuffer());
    expect(clear.data[5]).toBe(0);
  });
});
