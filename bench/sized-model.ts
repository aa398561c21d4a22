import { mkdir, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { withPrefix } from "../src/cli/format.ts";
import { ProgressBar } from "../src/cli/progress-bar.ts";
import { Failed } from "../src/core/errors.ts";
import { type ImportedModel, readManifest } from "../src/model/manifest.ts";
import { importModel } from "../src/onnx/import-model.ts";
import type { WeightType } from "../src/onnx/safetensors.ts";
import {
  type CheckpointConfigs,
  checkpointConfigs,
  tensorsOf,
  writeRandomCheckpoint,
} from "../test/support/random-checkpoint.ts";

export interface ModelOptions {
  readonly heads: number;
  readonly headDim: number;
  readonly double: number;
  readonly single: number;
}

/** Writes the checkpoint unless the folder holds it already, and imports it. */
export async function sizedModel(folder: string, options: ModelOptions, type: WeightType): Promise<ImportedModel> {
  const { heads, headDim, double: doubleBlocks, single: singleBlocks } = options;
  const configs = checkpointConfigs({
    heads,
    headDim,
    doubleBlocks,
    singleBlocks,
    jointDim: heads * headDim >= 3072 ? 4096 : 64,
    pooledDim: heads * headDim >= 3072 ? 768 : 64,
    vaeChannels: [8, 8, 16, 16],
  });
  const checkpoint = join(folder, "checkpoint");
  if (!(await stat(join(checkpoint, "vae")).catch(() => undefined))) await writeCheckpoint(checkpoint, configs, type);
  const bar = new ProgressBar("importing");
  const progress = (done: number, total: number) => bar.update(done / total, withPrefix(total, "B"));
  await importModel(checkpoint, { modelsFolder: folder, card: { name: "random" }, progress }).finally(() =>
    bar.clear(),
  );
  return readManifest(join(folder, "random"));
}

/** Checks the disk first; shows progress by the lengths of the files that grow. */
async function writeCheckpoint(checkpoint: string, configs: CheckpointConfigs, type: WeightType) {
  await mkdir(checkpoint, { recursive: true });
  const elements = Object.values(tensorsOf(configs)).flatMap((tensors) => [...tensors.values()]);
  const bytes = elements.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, type === "float32" ? 4 : 2), 0);
  const { bavail, bsize } = await statfs(checkpoint);
  if (bavail * bsize < 1.02 * bytes) {
    const free = withPrefix(bavail * bsize, "B");
    const message = `${checkpoint} has ${free} free, the weights need ${withPrefix(bytes, "B")}: choose another --folder`;
    throw new Failed("ENGINE_FAILED", message, { retryable: false });
  }
  const bar = new ProgressBar("writing random weights");
  const show = async () => {
    const names = (await readdir(checkpoint, { recursive: true })).filter((name) => name.endsWith(".safetensors"));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(checkpoint, name))).size));
    const done = sizes.reduce((sum, size) => sum + size, 0);
    bar.update(done / bytes, `${withPrefix(done, "B")} of ${withPrefix(bytes, "B")}`);
  };
  const timer = setInterval(() => void show().catch(() => {}), 500);
  await writeRandomCheckpoint(checkpoint, { configs, type }).finally(() => clearInterval(timer));
  bar.clear();
}
