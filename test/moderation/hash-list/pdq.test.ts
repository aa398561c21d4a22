import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../../src/intake/decode.ts";
import { pdqOf } from "../../../src/moderation/hash-list/pdq.ts";
import { type Drawing, mirror, pattern, quarterTurn } from "./patterns.ts";

const vector = async (name: string) => decodeImage(await readFile(new URL(`pdq-vectors/${name}`, import.meta.url)));
const hex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");

describe("a PDQ hash", () => {
  /** What the reference implementation (C++, without its scaling to 512 × 512) gives for the same pixels. */
  const reference: readonly [width: number, height: number, drawing: Drawing, quality: number, hash: string][] = [
    [5, 5, "grid", 8, "94a56b5a6b5a94a56b5a94a56b4a6b5a94a56b5a94a56b4a6b5a94a56b5a94a5"],
    [17, 9, "hills", 0, "4979e9a54ab3b54c77a71258a987a54e5658eda789584ab3b54c965aaa9532a3"],
    [64, 64, "grid", 100, "d0aa056b7ed4c683143ef3705ee0918e471fdd7026e18c1377d6cd7ca70438d9"],
    [64, 65, "hills", 4, "d4c907c0d00f740002aaf03f502b3e0048ffe07f3effc1f7c8ff7e0240bfc07f"],
    [127, 129, "grid", 100, "07cdffb6b5282940764ffcd8239c1e38f0ffcff0d80007e1e870be874149c784"],
    [200, 63, "hills", 100, "5a4ba556914ab596534ba5b65a5ba4a45b4ba4b44b6bb4946b6b5694a529ab56"],
    [400, 300, "slope", 2, "552daa9294ab555494adaa8ad5ad5d55b4abaa9a5525ab545aaad552aa9595aa"],
    [640, 480, "hills", 100, "3e076e3f7c7ff87891f0f1e7e3ab67bfc738c620cee0cee08cc08cc08c809c80"],
    [1000, 1500, "grid", 94, "01f881fb81fdc0f8c3fbcfbbc317d617321fa20f061f061f241f041f861f821f"],
    [1024, 1024, "hills", 100, "f7fadf80f2a8ff88ff80df88df803e80ff80fe80fe00fe80fe80f8008a80fe80"],
  ];

  it.each(reference)(
    "of %i × %i pixels of %s is that of the reference",
    async (width, height, drawing, quality, hash) => {
      const pdq = await pdqOf(pattern({ width, height }, drawing));
      expect([hex(pdq.hash), pdq.quality]).toEqual([hash, quality]);
    },
  );

  /** The hashes that python-threatexchange lists for these files. */
  it.each([
    ["square-128x128.jpg", "d8f8f1eec0f4a84f0e37022a078f63f0b36e2ed596621e1d33e6239c4e9c9b22"],
    ["shrink-a-lot.jpg", "d0f8f1ccc0f4a84d0a370a3a228f67f0b36e2ed5b6623e1d33e6339c4e9c9b22"],
    ["wee.jpg", "6227401f601ff4ccafcc9fad4b0d95d371a2eb7265a3285234d228ca94deeb2d"],
  ])("of the public %s is the published one", async (name, hash) => {
    expect(hex((await pdqOf(await vector(name))).hash)).toBe(hash);
  });

  it("is none for a picture of fewer than five pixels a side", async () => {
    expect(await pdqOf(pattern({ width: 4, height: 90 }, "grid"))).toEqual({
      hash: new Uint8Array(32),
      turned: [],
      quality: 0,
    });
  });

  it("comes with those of the picture mirrored and turned", async () => {
    const upright = await vector("square-128x128.jpg");
    const { hash, turned } = await pdqOf(upright);
    const all = [hash, ...turned].map(hex);
    expect(new Set(all).size).toBe(8);
    for (let laid = upright, quarters = 0; quarters < 4; laid = quarterTurn(laid), quarters += 1) {
      for (const one of [laid, mirror(laid)]) expect(distanceTo(all, (await pdqOf(one)).hash)).toBeLessThanOrEqual(31);
    }
  });
});

/** Bits to the nearest of some hashes. */
function distanceTo(all: readonly string[], hash: Uint8Array): number {
  const bits = (other: string) =>
    Buffer.from(other, "hex").reduce(
      (sum, byte, i) => sum + (byte ^ hash[i]!).toString(2).replaceAll("0", "").length,
      0,
    );
  return Math.min(...all.map(bits));
}
