import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Fingerprints } from "../../src/journey/fingerprints.ts";
import { pdqDistance } from "../../src/moderation/hash-list/pdq-distance.ts";

const hashes = Array.from({ length: 3000 }, () => randomBytes(32).toString("hex"));

/** With the first bits turned. */
function turned(pdq: string, bits: number): string {
  const bytes = Buffer.from(pdq, "hex");
  for (let bit = 0; bit < bits; bit += 1) bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
  return bytes.toString("hex");
}

describe("fingerprints", () => {
  const fingerprints = new Fingerprints();
  for (const [i, pdq] of hashes.entries())
    fingerprints.add({ id: `${i}`, accountId: `a${i % 2}` }, { pdq, quality: 80 });

  it("are found within 31 bits, in their own account, the nearest first", () => {
    const near = (pdq: string, account = "a1") => fingerprints.nearest(account, { pdq, quality: 80 });
    for (const bits of [0, 1, 31]) {
      const asked = turned(hashes[2001]!, bits);
      expect(near(asked)).toEqual([{ imageId: "2001", distance: bits }]);
      expect(pdqDistance(asked, hashes[2001]!)).toBe(bits);
    }
    expect(near(turned(hashes[2001]!, 32))).toEqual([]);
    expect(near(hashes[2001]!, "a0")).toEqual([]);
    expect(near(hashes[2001]!, "nobody")).toEqual([]);
    fingerprints.add({ id: "copy", accountId: "a1" }, { pdq: turned(hashes[2001]!, 3), quality: 80 });
    expect(near(hashes[2001]!).map(({ imageId }) => imageId)).toEqual(["2001", "copy"]);
  });

  it("of pictures without detail are neither kept nor looked for", () => {
    const { count } = fingerprints;
    fingerprints.add({ id: "flat", accountId: "a1" }, { pdq: hashes[0]!, quality: 49 });
    expect(fingerprints.count).toBe(count);
    expect(fingerprints.nearest("a1", { pdq: hashes[2001]!, quality: 49 })).toEqual([]);
  });
});
