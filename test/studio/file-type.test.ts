import { describe, expect, it } from "vitest";
import { typeOf } from "../../src/studio/file-type.ts";
import { pictureFile } from "../support/test-server.ts";

describe("the type of a file", () => {
  it.each(["jpeg", "png", "webp"] as const)("is told of a %s by its bytes, whatever its name says", async (format) => {
    const bytes = Uint8Array.from(await pictureFile({ width: 16, height: 16 }, 1, format));
    for (const type of ["", "image/pjpeg", "text/plain"]) {
      expect(await typeOf(new Blob([bytes], { type }))).toBe(`image/${format}`);
    }
  });

  it("is told of an AVIF by its brand", async () => {
    expect(await typeOf(new Blob(["\0\0\0 ftypavif\0\0\0\0"]))).toBe("image/avif");
  });

  it("is what the browser says where it is no picture", async () => {
    expect(await typeOf(new Blob(["no picture"], { type: "image/png" }))).toBe("image/png");
    expect(await typeOf(new Blob([]))).toBe("");
  });
});
