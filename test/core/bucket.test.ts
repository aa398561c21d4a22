import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aspectSize,
  chooseBucket,
  floorToMultiple,
  outputSize,
  parseAspectRatio,
  preferredBuckets,
} from "../../src/core/bucket.ts";
import { Refused } from "../../src/core/errors.ts";
import type { Size } from "../../src/core/image.ts";

const goldenFolder = "test/goldens/A/golden";
const readJson = <T>(name: string): T[] => JSON.parse(readFileSync(`${goldenFolder}/${name}`, "utf8"));
const refusal = (act: () => unknown): Refused => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error("was not refused");
};

describe("preferredBuckets", () => {
  it("is the published list at one megapixel", () => {
    expect(
      preferredBuckets()
        .map(({ width, height }) => `${width}x${height}`)
        .join(" "),
    ).toBe(
      "672x1568 688x1504 720x1456 752x1392 800x1328 832x1248 880x1184 944x1104 1024x1024 " +
        "1104x944 1184x880 1248x832 1328x800 1392x752 1456x720 1504x688 1568x672",
    );
  });

  it("gives for any other area 17 mirrored sizes of about that area", () => {
    fc.assert(
      fc.property(fc.integer({ min: 256 ** 2, max: 2048 ** 2 }), (area) => {
        const sizes = preferredBuckets(area);
        expect(sizes).toHaveLength(17);
        for (const [i, { width, height }] of sizes.entries()) {
          expect([width % 16, height % 16]).toEqual([0, 0]);
          expect(Math.abs((width * height) / area - 1)).toBeLessThanOrEqual(0.06);
          expect(sizes[16 - i]).toEqual({ width: height, height: width });
        }
      }),
    );
  });

  it("keeps the aspect ratios, and sides of at least one multiple", () => {
    const small = preferredBuckets(512 * 512);
    for (const [i, { width, height }] of preferredBuckets().entries()) {
      expect(small[i]!.width / small[i]!.height / (width / height)).toBeCloseTo(1, 0);
    }
    expect(preferredBuckets(64).every(({ width, height }) => width === 16 && height === 16)).toBe(true);
  });
});

describe("chooseBucket", () => {
  const cases = readJson<{ width: number; height: number; diffusers: number[]; bfl: number[] }>("buckets.json");

  it.each(cases)("chooses as both references for $width x $height", ({ width, height, diffusers, bfl }) => {
    const choose = (rule: "diffusers" | "bfl") => {
      const size = chooseBucket({ width, height }, preferredBuckets(), rule);
      return [size.width, size.height];
    };
    expect(choose("diffusers")).toEqual(diffusers);
    expect(choose("bfl")).toEqual(bfl);
  });

  it("chooses a member of the model's own list, the narrower and then the lower on ties", () => {
    const buckets = [
      { width: 64, height: 64 },
      { width: 32, height: 32 },
      { width: 32, height: 64 },
    ];
    expect(chooseBucket({ width: 100, height: 100 }, buckets, "bfl")).toBe(buckets[1]);
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 9999 }), fc.integer({ min: 16, max: 9999 }), (width, height) => {
        expect(buckets).toContain(chooseBucket({ width, height }, buckets, "diffusers"));
      }),
    );
  });

  it.each(["diffusers", "bfl"] as const)("refuses a side under 16 pixels (%s)", (rule) => {
    for (const size of [
      { width: 15, height: 400 },
      { width: 400, height: 1 },
    ]) {
      const error = refusal(() => chooseBucket(size, preferredBuckets(), rule));
      expect(error.code).toBe("BAD_INPUT");
      expect(error.message).toContain(`${size.width}x${size.height}`);
    }
  });
});

describe("sizes of the output", () => {
  const outputs = readJson<Size & { max_area: number; out_width: number; out_height: number }>("output_sizes.json");

  it.each(outputs)("is diffusers' for %o", (row) => {
    expect(outputSize(row, row.max_area)).toEqual({ width: row.out_width, height: row.out_height });
  });

  it.each(readJson<{ aspect: string; size: number[] }>("bfl_aspect_sizes.json"))(
    "is BFL's for %o",
    ({ aspect, size }) => {
      expect(aspectSize(aspect, 2 ** 20)).toEqual({ width: size[0], height: size[1] });
    },
  );

  it("exceeds the area by no more than rounding both sides can, and is made of multiples of 16", () => {
    const side = fc.integer({ min: 100, max: 8000 });
    const area = 2 ** 20;
    fc.assert(
      fc.property(side, side, (width, height) => {
        const size = outputSize({ width, height }, area);
        expect(size).toEqual(floorToMultiple(size, 16));
        const rounding = (Math.sqrt((area * width) / height) + Math.sqrt((area * height) / width)) / 2 + 1;
        expect(size.width * size.height).toBeLessThanOrEqual(area + rounding);
      }),
    );
  });

  it("refuses an aspect ratio too extreme to give both sides a token", () => {
    expect(refusal(() => outputSize({ width: 90_000, height: 1 }, 2 ** 20)).code).toBe("BAD_INPUT");
    expect(refusal(() => aspectSize("1:90000", 2 ** 20)).message).toContain("1:90000");
  });
});

describe("parseAspectRatio", () => {
  it("reads whole and decimal numbers", () => {
    expect(parseAspectRatio("16:9")).toEqual({ width: 16, height: 9 });
    expect(parseAspectRatio(" 2.39 : 1 ")).toEqual({ width: 2.39, height: 1 });
  });

  it.each(["", "16x9", "16:9:4", "0:1", "1:0", "-1:2", "1e3:1", "a:b", ":", "16:", "NaN:1"])(
    "refuses %o by name",
    (text) => {
      const error = refusal(() => parseAspectRatio(text));
      expect(error.code).toBe("BAD_INPUT");
      expect(error.message).toContain(JSON.stringify(text));
      expect(error.message).toContain("16:9");
    },
  );

  it("does not repeat a long text in full", () => {
    expect(refusal(() => parseAspectRatio("9".repeat(5000))).message.length).toBeLessThan(200);
  });
});
