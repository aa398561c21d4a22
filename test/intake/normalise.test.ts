import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, decodeMask } from "../../src/intake/decode.ts";
import { normalise, normaliseMask, readMask, readPixels } from "../../src/intake/normalise.ts";
import { waves } from "../support/pictures.ts";

describe("normalise", () => {
  it.each(["chelsea.png", "rocket.jpg"])("keeps the pixels of %s exactly, in a file that holds them", async (name) => {
    const bytes = await readFile(`samples/${name}`);
    const { image, bytes: kept, contentType } = await normalise(bytes);
    expect(Buffer.compare(image.data, (await decodeImage(bytes)).data)).toBe(0);
    const again = await readPixels(kept);
    expect([again.width, again.height]).toEqual([image.width, image.height]);
    expect(Buffer.compare(again.data, image.data)).toBe(0);
    expect([contentType, (await sharp(kept).metadata()).format]).toEqual(["image/png", "png"]);
    expect(Buffer.compare((await normalise(kept)).bytes, kept)).toBe(0);
  });

  it("turns a picture upright, converts its colours and drops what else is in the file", async () => {
    const { width, height, data } = waves({ width: 48, height: 32 }, 1);
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation: 6, exif: { IFD0: { Copyright: "someone", Artist: "a person" } } })
      .withIccProfile("p3")
      .withExifMerge({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" } })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { image, bytes: kept } = await normalise(bytes);
    expect([image.width, image.height]).toEqual([32, 48]);
    const { exif, icc, xmp, iptc, orientation, space, channels } = await sharp(kept).metadata();
    expect({ exif, icc, xmp, iptc, orientation, space, channels }).toEqual({ space: "srgb", channels: 3 });
    expect(Buffer.from(kept).includes("someone")).toBe(false);
  });

  it("keeps a grey picture as three channels", async () => {
    const grey = await sharp({ create: { width: 20, height: 20, channels: 3, background: "#808080" } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const { bytes } = await normalise(grey);
    expect((await readPixels(bytes)).data.length).toBe(20 * 20 * 3);
  });

  it("refuses what `decodeImage` refuses", async () => {
    await expect(normalise(Buffer.from("no image"))).rejects.toMatchObject({ code: "IMAGE_UNSUPPORTED" });
  });
});

describe("normaliseMask", () => {
  it("keeps one channel, in which what is transparent is black", async () => {
    const data = Buffer.alloc(16 * 16 * 4, 255);
    for (let i = 0; i < data.length / 2; i += 4) data[i + 3] = 0;
    const bytes = await sharp(data, { raw: { width: 16, height: 16, channels: 4 } })
      .png()
      .toBuffer();
    const { image, bytes: kept } = await normaliseMask(bytes);
    expect(Buffer.compare(image.data, (await decodeMask(bytes)).data)).toBe(0);
    expect([image.data.length, image.data[0], image.data.at(-1)]).toEqual([256, 0, 255]);
    const again = await readMask(kept);
    expect(Buffer.compare(again.data, image.data)).toBe(0);
  });
});
