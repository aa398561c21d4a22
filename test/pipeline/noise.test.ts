import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { drawNoise, Mt19937, type NoiseDtype, TorchGenerator } from "../../src/pipeline/noise.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const readJson = (name: string) => JSON.parse(readFileSync(`${goldenFolder}/${name}`, "utf8"));

interface Draw {
  dtype: NoiseDtype;
  seed: number;
  calls: number[];
  offset: number;
  n: number;
  stride?: number;
}

describe("Mt19937", () => {
  it("gives the reference's words", () => {
    const { seed, u32 } = readJson("mt19937.json");
    const source = new Mt19937(seed);
    expect(u32.map(() => source.uint32())).toEqual(u32);
  });
});

describe("TorchGenerator", () => {
  const values = readNpyAs(`${goldenFolder}/randn.values.npy`, "float64").data;
  const draws: Draw[] = readJson("randn.index.json");

  it.each(draws)(
    "draws torch's $dtype from seed $seed in calls of $calls",
    ({ dtype, seed, calls, offset, n, stride = 1 }) => {
      // torch's generator takes the low 32 bits of a seed; ours takes no more than those
      const generator = new TorchGenerator(seed % 2 ** 32);
      const drawn = calls.flatMap((count) => [...generator.randn(count, dtype)]).filter((_, i) => i % stride === 0);
      const expected = [...values.subarray(offset, offset + n)];
      if (dtype === "bfloat16" || calls.every((count) => count < 16)) expect(drawn).toEqual(expected);
      const limit = dtype === "float64" ? 1e-14 : 5e-7;
      expect(drawn).toHaveLength(n);
      expect(Math.max(...drawn.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(limit);
    },
  );

  it.each([-1, 2 ** 32, 1.5, Number.NaN])("refuses seed %d", (seed) => {
    expect(() => new TorchGenerator(seed)).toThrow(Refused);
  });

  it("draws nothing when nothing is asked", () => {
    expect(new TorchGenerator(0).randn(0, "float32")).toHaveLength(0);
  });
});

describe("drawNoise", () => {
  it.each([
    ["kontext", 4242],
    ["inpaint", 777],
  ])("is the start of the %s run", (run, seed) => {
    const { shape, data } = readNpyAs(`${goldenFolder}/${run}.noise.npy`, "float32");
    const [, channels, height, width] = shape as [number, number, number, number];
    const noise = drawNoise(seed, { width: width * 8 + 7, height: height * 8 }, channels, "float32");
    expect(noise).toHaveLength(data.length);
    expect(Math.max(...noise.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(5e-7);
  });

  it("depends on nothing but its arguments", () => {
    const size = { width: 64, height: 48 };
    const once = drawNoise(9, size, 16, "bfloat16");
    expect(drawNoise(9, size, 16, "bfloat16")).toEqual(once);
    expect(drawNoise(10, size, 16, "bfloat16")).not.toEqual(once);
  });
});
