import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PdqIndex } from "../../../src/moderation/hash-list/pdq-index.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Hashes that share most of their bits, as those of like pictures do. */
const alike = fc
  .tuple(hash, fc.array(fc.array(fc.nat(255), { maxLength: 60 }), { minLength: 1, maxLength: 40 }))
  .map(([base, all]) => all.map((bits) => turn(base, bits)));

function turn(base: Uint8Array, bits: readonly number[]): Uint8Array {
  const turned = Uint8Array.from(base);
  for (const bit of bits) turned[bit >> 3]! ^= 1 << (bit & 7);
  return turned;
}

function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll("0", "").length, 0);
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(hashes.flatMap((one) => [...one]));
}

describe("an index of PDQ hashes", () => {
  it("finds the nearest within 31 bits, and nothing further off, as comparing with all does", async () => {
    await fc.assert(
      fc.asyncProperty(alike, fc.array(fc.nat(255), { maxLength: 50 }), async (hashes, bits) => {
        const index = await PdqIndex.build(joined(hashes));
        const query = turn(hashes[0]!, bits);
        const nearest = Math.min(...hashes.map((one) => distance(one, query)));
        expect(index.nearest(query)).toBe(nearest <= 31 ? nearest : undefined);
      }),
      { numRuns: 25 },
    );
  });

  it("goes by slices where that is less work, with the same result", async () => {
    // Evenly spread, so that hardly any two share a slice.
    const spread = Array.from({ length: 3000 }, (_, i) =>
      Uint8Array.from(createHash("sha256").update(`${i}`).digest()),
    );
    const index = await PdqIndex.build(joined(spread));
    for (const [i, bits] of [
      [0, 0],
      [1234, 31],
      [2999, 16],
    ] as const) {
      // One bit in each slice and a second one in all but the last: the hardest case there is.
      const chosen = Array.from({ length: bits }, (_, k) => (k % 16) * 16 + (k >= 16 ? 9 : 3));
      expect(index.nearest(turn(spread[i]!, chosen))).toBe(bits);
    }
    expect(
      index.nearest(
        turn(
          spread[7]!,
          Array.from({ length: 32 }, (_, k) => k * 8),
        ),
      ),
    ).toBeUndefined();
  });

  it("knows nothing when it is empty", async () => {
    expect((await PdqIndex.build(new Uint8Array(0))).nearest(new Uint8Array(32))).toBeUndefined();
  });
});
