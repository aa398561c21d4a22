import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { makeThumbnail } from "../../src/finishing/thumbnail.ts";

const grey = (width: number, height: number) => ({ width, height, data: new Uint8Array(width * height * 3).fill(90) });

describe("makeThumbnail", () => {
  it("fits into a small square, keeps the shape, and enlarges nothing", async () => {
    const sizeOf = async (width: number, height: number) => {
      const { format, ...size } = await sharp(await makeThumbnail(grey(width, height))).metadata();
      expect(format).toBe("jpeg");
      return [size.width, size.height];
    };
    expect(await sizeOf(1024, 512)).toEqual([192, 96]);
    expect(await sizeOf(40, 30)).toEqual([40, 30]);
  });
});
