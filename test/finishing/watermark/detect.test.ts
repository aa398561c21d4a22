import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { psnr } from "../../../eval/planes.ts";
import { distortions } from "../../../eval/watermark/distortions.ts";
import { generated } from "../../../eval/watermark/pictures.ts";
import type { RgbImage } from "../../../src/core/image.ts";
import { detectWatermark } from "../../../src/finishing/watermark/detect.ts";
import { embedWatermark } from "../../../src/finishing/watermark/embed.ts";
import { decodeImage } from "../../../src/intake/decode.ts";

const key = new TextEncoder().encode("a test's secret key");
const otherKey = new TextEncoder().encode("another secret key");
const payload = 0xc0ffee42;
const samples = join(import.meta.dirname, "../../../samples");
const flat = (width: number, height: number, value: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(3 * width * height).fill(value),
});

/** Comparing a million bytes one by one with `toEqual` takes seconds. */
const isSame = (a: RgbImage, b: RgbImage) =>
  a.width === b.width && a.height === b.height && Buffer.compare(a.data, b.data) === 0;

let photograph: RgbImage;
beforeAll(async () => {
  photograph = await decodeImage(await readFile(join(samples, "chelsea.png")));
});

describe("a marked photograph", () => {
  it("gives back any payload under any key", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        (number, secret) => {
          const found = detectWatermark(embedWatermark(photograph, number, secret), secret);
          expect(found?.payload).toBe(number);
          expect(found?.confidence).toBeGreaterThan(0.9);
        },
      ),
      { numRuns: 8 },
    );
  });

  it.each(distortions.filter(({ required }) => required).map((one) => [one.name, one] as const))(
    "is read after: %s",
    async (_, { apply }) => {
      expect(detectWatermark(await apply(embedWatermark(photograph, payload, key)), key)?.payload).toBe(payload);
    },
  );

  it("is read after a crop of up to 10 % on any sides", async () => {
    const marked = embedWatermark(photograph, payload, key);
    const share = fc.double({ min: 0, max: 0.1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(share, share, share, share, async (left, top, right, bottom) => {
        const [x, y] = [Math.round(left * marked.width), Math.round(top * marked.height)];
        const width = marked.width - x - Math.round(right * marked.width);
        const height = marked.height - y - Math.round(bottom * marked.height);
        const data = await sharp(marked.data, { raw: { width: marked.width, height: marked.height, channels: 3 } })
          .extract({ left: x, top: y, width, height })
          .raw()
          .toBuffer();
        expect(detectWatermark({ width, height, data }, key)?.payload).toBe(payload);
      }),
      { numRuns: 8 },
    );
  });

  it("stays within 40 dB, is the same every time, and leaves its source alone", () => {
    const before = { ...photograph, data: photograph.data.slice() };
    const marked = embedWatermark(photograph, payload, key);
    expect(psnr(photograph, marked)).toBeGreaterThanOrEqual(40);
    // Another copy of the key: nothing that was kept of the first time is used.
    expect(isSame(embedWatermark(photograph, payload, key.slice()), marked)).toBe(true);
    expect(isSame(photograph, before)).toBe(true);
  });

  it("carries the number that was asked for, however many came before", () => {
    const image = flat(64, 64, 128);
    const marks = Array.from({ length: 40 }, (_, number) => embedWatermark(image, number, key));
    for (const [number, marked] of marks.entries()) {
      expect(isSame(embedWatermark(image, number, key), marked)).toBe(true);
      expect(isSame(embedWatermark(image, number, key.slice()), marked)).toBe(true);
    }
  });

  it("is nothing to another key", () => {
    expect(detectWatermark(embedWatermark(photograph, payload, key), otherKey)).toBeUndefined();
  });
});

describe("pictures of other kinds", () => {
  it.each(generated().filter(({ name }) => ["drawing", "dark shapes", "grass"].includes(name)))(
    "$name is marked within 40 dB and read after JPEG 75",
    async ({ image }) => {
      const marked = embedWatermark(image, payload, key);
      expect(psnr(image, marked)).toBeGreaterThanOrEqual(40);
      const { apply } = distortions.find(({ name }) => name === "JPEG 75")!;
      expect(detectWatermark(await apply(marked), key)?.payload).toBe(payload);
    },
  );

  it.each([0, 3, 128, 252, 255])("a flat grey of %i is marked within 40 dB and read", (value) => {
    const image = flat(300, 240, value);
    const marked = embedWatermark(image, payload, key);
    expect(psnr(image, marked)).toBeGreaterThanOrEqual(40);
    expect(detectWatermark(marked, key)?.payload).toBe(payload);
  });

  it("finds nothing in what was never marked", () => {
    expect(detectWatermark(photograph, key)).toBeUndefined();
    for (const value of [0, 77, 255]) expect(detectWatermark(flat(200, 300, value), key)).toBeUndefined();
  });

  it("returns pictures too small for a mark as they came", () => {
    for (const image of [flat(1, 1, 9), flat(63, 500, 9), flat(500, 2, 9)]) {
      expect(isSame(embedWatermark(image, payload, key), image)).toBe(true);
      expect(detectWatermark(image, key)).toBeUndefined();
    }
  });
});

describe("arguments", () => {
  it.each([-1, 2 ** 32, 1.5, Number.NaN])("refuses the payload %d", (number) => {
    expect(() => embedWatermark(flat(64, 64, 0), number, key)).toThrow("payload is a whole number");
  });

  it("refuses short keys and pixels that do not fit the size", () => {
    expect(() => embedWatermark(flat(64, 64, 0), 1, key.slice(0, 15))).toThrow("at least 16 bytes, not 15");
    expect(() => detectWatermark(flat(64, 64, 0), new Uint8Array())).toThrow("at least 16 bytes, not 0");
    expect(() => embedWatermark({ ...flat(64, 64, 0), width: 65 }, 1, key)).toThrow("65×64 pixels have 12480 bytes");
  });
});
