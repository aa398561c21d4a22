import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RgbImage, Size } from "../../src/core/image.ts";
import type { ImportedModel } from "../../src/model/manifest.ts";
import { readManifest } from "../../src/model/manifest.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { type NpyArray, readNpy } from "./npy.ts";

/** One entry of golden/manifest.json. */
export interface GoldenEntry {
  readonly name: string;
  readonly file: string;
  readonly role: "input" | "expected";
  readonly meaning?: string;
  readonly tolerance?: number;
  readonly max_fraction_off_by_one?: number;
}

export const cpuOnly = { providers: ["cpu"], deviceId: 0, threads: 0 } as const;

/** What the set's README says of the end-to-end runs; the arrays' shapes tell the rest. */
export interface RunParameters {
  readonly guidance: number;
  readonly trueCfgScale: number;
  readonly maskPadding: number;
}

/** A folder of the form `model/` + `golden/`, its model imported into a temporary folder. */
export class GoldenSet implements AsyncDisposable {
  readonly folder: string;
  readonly entries: readonly GoldenEntry[];
  readonly parameters: RunParameters;
  readonly model: ImportedModel;
  readonly pipeline: Pipeline;
  readonly scratch: string;

  private constructor(folder: string, scratch: string, model: ImportedModel, pipeline: Pipeline) {
    this.folder = folder;
    this.scratch = scratch;
    this.model = model;
    this.pipeline = pipeline;
    this.entries = this.json<GoldenEntry[]>("manifest.json");
    this.parameters = readParameters(join(folder, "README.md"));
  }

  static async open(folder: string): Promise<GoldenSet> {
    const scratch = await mkdtemp(join(tmpdir(), "pentimento-golden-"));
    const { name } = await importModel(join(folder, "model"), { modelsFolder: scratch, card: { name: "golden" } });
    const model = await readManifest(join(scratch, name));
    return new GoldenSet(folder, scratch, model, await Pipeline.open(model, cpuOnly));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pipeline[Symbol.asyncDispose]();
    await rm(this.scratch, { recursive: true });
  }

  json<T>(file: string): T {
    return JSON.parse(readFileSync(join(this.folder, "golden", file), "utf8")) as T;
  }

  has(name: string): boolean {
    return this.entries.some((entry) => entry.name === name);
  }

  entry(name: string): GoldenEntry {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new Error(`${this.folder}: golden/manifest.json has no "${name}"`);
    return entry;
  }

  array(name: string): NpyArray {
    return readNpy(join(this.folder, "golden", this.entry(name).file));
  }

  floats(name: string): Float32Array {
    return Float32Array.from(this.array(name).data as ArrayLike<number>);
  }

  shape(name: string): readonly number[] {
    return this.array(name).shape;
  }

  image(name: string): RgbImage {
    const { shape, data } = this.array(name);
    return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array };
  }

  /** Row `row` of an array of token ids. */
  ids(name: string, row: number, count?: number): Int32Array {
    const { shape, data } = this.array(name);
    const length = shape[1]!;
    const ids = Int32Array.from(data as BigInt64Array, Number).subarray(row * length, (row + 1) * length);
    return ids.subarray(0, count ?? length);
  }

  /** Ranges such as `[:, :, 400:408, 500:508]` in an entry's meaning. */
  window(name: string): { y: [number, number]; x: [number, number] } {
    const match = /(\d+):(\d+),\s*(\d+):(\d+)\]/.exec(this.entry(name).meaning ?? "");
    if (match === null) throw new Error(`${name}: its meaning names no window`);
    const [y0, y1, x0, x1] = match.slice(1).map(Number) as [number, number, number, number];
    return { y: [y0, y1], x: [x0, x1] };
  }
}

/** Cuts a window out of planes `[channels, height, width]`. */
export function cutWindow(
  planes: Float32Array,
  size: Size,
  { y, x }: { y: [number, number]; x: [number, number] },
): number[] {
  const cut: number[] = [];
  for (let plane = 0; plane < planes.length; plane += size.width * size.height) {
    for (let row = y[0]; row < y[1]; row += 1) {
      for (let column = x[0]; column < x[1]; column += 1) cut.push(planes[plane + row * size.width + column]!);
    }
  }
  return cut;
}

/** Set A's numbers stand in where a set's README does not say. */
function readParameters(readme: string): RunParameters {
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  const number = (pattern: RegExp, otherwise: number) => Number(pattern.exec(text)?.[1] ?? otherwise);
  return {
    guidance: number(/guidance (\d+(?:\.\d+)?)/, 2.5),
    trueCfgScale: number(/true CFG scale (\d+(?:\.\d+)?)/, 2),
    maskPadding: number(/padding_mask_crop (\d+)/, 6),
  };
}
