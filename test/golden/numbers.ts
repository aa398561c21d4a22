import { join } from "node:path";
import { aspectSize, chooseBucket, outputSize, preferredBuckets } from "../../src/core/bucket.ts";
import type { Size } from "../../src/core/image.ts";
import { parseSchedulerConfig } from "../../src/model/scheduler-config.ts";
import { type CropBox, cropPixels, cropRegion } from "../../src/pipeline/crop-region.ts";
import { drawNoise, Mt19937, type NoiseDtype, TorchGenerator } from "../../src/pipeline/noise.ts";
import { resizeFill, resizeLanczos } from "../../src/pipeline/resize.ts";
import { sigmas } from "../../src/pipeline/sigmas.ts";
import { type Comparison, compareCases } from "./compare.ts";
import type { GoldenSet } from "./golden-set.ts";
import { readNpy, readNpyAs } from "./npy.ts";

const sides = ({ width, height }: Size) => [width, height];

/** The cases that stand in JSON files, a kind at a time. */
export const numbers: Readonly<Record<string, (set: GoldenSet) => Comparison[]>> = {
  schedules: compareSchedules,
  sizes: compareSizes,
  "random numbers": compareRandom,
  resizing: compareResize,
  "crop boxes": (set) => [
    compareCases("crop_regions.json", 0, set.json<CropCase[]>("crop_regions.json").map(cropCase)),
  ],
};

function compareSchedules(set: GoldenSet): Comparison[] {
  const config = parseSchedulerConfig(set.model.manifest.scheduler);
  const cases =
    set.json<{ image_seq_len: number; steps: number; sigmas: number[]; bfl_sigmas: number[] }[]>("schedules.json");
  const computed = cases.map((one) => ({ ...one, actual: sigmas(one.image_seq_len, one.steps, config) }));
  return [
    compareCases(
      "schedules.json sigmas",
      5e-7,
      computed.map(({ actual, sigmas: expected }) => ({ actual, expected })),
    ),
    compareCases(
      "schedules.json bfl_sigmas",
      5e-7,
      computed.map(({ actual, bfl_sigmas: expected }) => ({ actual, expected })),
    ),
  ];
}

function compareSizes(set: GoldenSet): Comparison[] {
  const buckets = set.json<{ width: number; height: number; diffusers: number[]; bfl: number[] }[]>("buckets.json");
  const chosen = (rule: "diffusers" | "bfl") =>
    compareCases(
      `buckets.json ${rule}`,
      0,
      buckets.map((one) => ({ actual: sides(chooseBucket(one, preferredBuckets(), rule)), expected: one[rule] })),
    );
  const outputs =
    set.json<{ width: number; height: number; max_area: number; out_width: number; out_height: number }[]>(
      "output_sizes.json",
    );
  const aspects = set.json<{ aspect: string; size: number[] }[]>("bfl_aspect_sizes.json");
  return [
    chosen("diffusers"),
    chosen("bfl"),
    compareCases(
      "output_sizes.json",
      0,
      outputs.map((one) => ({
        actual: sides(outputSize(one, one.max_area)),
        expected: [one.out_width, one.out_height],
      })),
    ),
    compareCases(
      "bfl_aspect_sizes.json",
      0,
      aspects.map((one) => ({ actual: sides(aspectSize(one.aspect, 2 ** 20)), expected: one.size })),
    ),
  ];
}

interface RandomCase {
  readonly dtype: NoiseDtype;
  readonly seed: number;
  readonly calls: number[];
  readonly offset: number;
  readonly n: number;
  readonly stride?: number;
}

function compareRandom(set: GoldenSet): Comparison[] {
  const twister = set.json<{ seed: number; u32: number[] }>("mt19937.json");
  const generator = new Mt19937(twister.seed);
  const index = set.json<RandomCase[]>("randn.index.json");
  const values = readNpyAs(join(set.folder, "golden", "randn.values.npy"), "float64").data;
  const tolerances: Record<NoiseDtype, number> = { float32: 5e-7, bfloat16: 0, float64: 1e-14 };
  return [
    compareCases("mt19937.json", 0, [{ actual: twister.u32.map(() => generator.uint32()), expected: twister.u32 }]),
    ...(Object.keys(tolerances) as NoiseDtype[]).map((dtype) =>
      compareCases(
        `randn ${dtype}`,
        tolerances[dtype],
        index.filter((one) => one.dtype === dtype).map((one) => randomCase(one, values)),
      ),
    ),
    ...["kontext.noise", "inpaint.noise"].map((name) => compareNoise(set, name)),
  ];
}

function randomCase({ dtype, seed, calls, offset, n, stride = 1 }: RandomCase, values: Float64Array) {
  // torch seeds the twister with the low 32 bits.
  const generator = new TorchGenerator(seed % 2 ** 32);
  const drawn = calls.flatMap((count) => [...generator.randn(count, dtype)]);
  return {
    actual: drawn.filter((_, i) => i % stride === 0).slice(0, n),
    expected: values.subarray(offset, offset + n),
  };
}

/** Start noise of a run, drawn anew from the seed that its meaning names. */
function compareNoise(set: GoldenSet, name: string): Comparison {
  const seed = Number(/seed (\d+)/.exec(set.entry(name).meaning ?? "")?.[1]);
  const [, channels, height, width] = set.shape(name) as [number, number, number, number];
  const { scaleFactor } = set.model.manifest.vae;
  const size = { width: width * scaleFactor, height: height * scaleFactor };
  return compareCases(`${name} (drawn)`, 5e-7, [
    { actual: drawNoise(seed, size, channels, "float32", scaleFactor), expected: set.floats(name) },
  ]);
}

interface ResizeCase {
  readonly k?: number;
  readonly fill?: number;
  readonly crop?: [number, number, number, number];
  readonly dst: [number, number];
}

function compareResize(set: GoldenSet): Comparison[] {
  const cases = set.json<ResizeCase[]>("resize.json");
  const pixels = (name: string) => {
    const { shape, data } = readNpy(join(set.folder, "golden", `${name}.npy`));
    return { width: shape[1]!, height: shape[0]!, channels: shape[2] ?? 1, data: data as Uint8Array };
  };
  const lanczos = cases
    .filter(({ k }) => k !== undefined)
    .map(({ k, dst: [width, height] }) => {
      const source = pixels(`resize.${k}.src`);
      return {
        actual: resizeLanczos(source.data, source, { width, height }),
        expected: pixels(`resize.${k}.dst`).data,
      };
    });
  const fill = cases
    .filter(({ fill }) => fill !== undefined)
    .map(({ fill: number, crop, dst: [width, height] }) => {
      const source = pixels("fill.src");
      const [x1, y1, x2, y2] = crop!;
      const cropped = cropPixels(source.data, source, { x1, y1, x2, y2 });
      const layout = { width: x2 - x1, height: y2 - y1, channels: source.channels };
      return { actual: resizeFill(cropped, layout, { width, height }), expected: pixels(`fill.${number}.dst`).data };
    });
  return [compareCases("resize lanczos", 0, lanczos), compareCases("resize fill", 0, fill)];
}

interface CropCase extends Size {
  readonly mask_w: number;
  readonly mask_h: number;
  readonly rect: [number, number, number, number];
  readonly pad: number;
  readonly expect: number[];
}

function cropCase({ mask_w, mask_h, rect: [x0, y0, x1, y1], width, height, pad, expect }: CropCase) {
  const data = new Uint8Array(mask_w * mask_h);
  for (let y = y0; y < y1; y += 1) data.fill(255, y * mask_w + x0, y * mask_w + x1);
  const box: CropBox = cropRegion({ width: mask_w, height: mask_h, data }, { width, height }, pad);
  return { actual: [box.x1, box.y1, box.x2, box.y2], expected: expect };
}
