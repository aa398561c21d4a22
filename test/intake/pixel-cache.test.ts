import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/core/image.ts";
import { PixelCache } from "../../src/intake/pixel-cache.ts";

/** A picture of a number of pixels, three bytes each. */
const picture = (pixels: number): RgbImage => ({ width: pixels, height: 1, data: new Uint8Array(pixels * 3) });

const never = () => Promise.reject(new Error("decoded again"));

describe("PixelCache", () => {
  it("gives what was put, and decodes once what was not, however many ask", async () => {
    const cache = new PixelCache(1000);
    const [first, second] = [picture(10), picture(20)];
    cache.put("first", first);
    expect(await cache.get("first", never)).toBe(first);
    let decoded = 0;
    const decode = async () => {
      decoded += 1;
      return second;
    };
    expect(await Promise.all([cache.get("second", decode), cache.get("second", decode)])).toEqual([second, second]);
    expect(await cache.get("second", never)).toBe(second);
    expect([decoded, cache.bytes]).toEqual([1, 90]);
  });

  it("lets go of what was used longest ago", async () => {
    const cache = new PixelCache(90);
    for (const name of ["a", "b", "c"]) cache.put(name, picture(10));
    await cache.get("a", never);
    cache.put("d", picture(10));
    await expect(cache.get("b", never)).rejects.toThrow("decoded again");
    for (const name of ["a", "c", "d"]) await cache.get(name, never);
  });

  it("keeps no failure, and forgets what is deleted", async () => {
    const cache = new PixelCache(1000);
    await expect(cache.get("a", () => Promise.reject(new Error("unreadable")))).rejects.toThrow("unreadable");
    const image = picture(1);
    expect(await cache.get("a", async () => image)).toBe(image);
    cache.delete("a");
    expect(cache.bytes).toBe(0);
    await expect(cache.get("a", never)).rejects.toThrow("decoded again");
  });

  it("never keeps more than its bound, and counts what it keeps", async () => {
    const move = fc.tuple(fc.constantFrom("put", "get", "delete"), fc.nat(5), fc.integer({ min: 1, max: 60 }));
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
        const cache = new PixelCache(150);
        for (const [kind, name, pixels] of moves) {
          if (kind === "put") cache.put(`${name}`, picture(pixels));
          else if (kind === "delete") cache.delete(`${name}`);
          else await cache.get(`${name}`, async () => picture(pixels));
          expect(cache.bytes).toBeLessThanOrEqual(150);
        }
        for (let name = 0; name <= 5; name += 1) cache.delete(`${name}`);
        expect(cache.bytes).toBe(0);
      }),
    );
  });
});
