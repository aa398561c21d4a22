import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImportedModel, readManifest } from "../src/model/manifest.ts";
import { importModel } from "../src/onnx/import-model.ts";
import { TorchGenerator } from "../src/pipeline/noise.ts";
import type { TransformerRow } from "../src/pipeline/transformer.ts";
import { checkpointConfigs, type Sizes, writeRandomCheckpoint } from "../test/support/random-checkpoint.ts";

/** A model with random weights in a temporary folder. */
export interface RandomModel extends AsyncDisposable {
  readonly model: ImportedModel;
}

export async function randomModel(sizes: Sizes): Promise<RandomModel> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-bench-"));
  await writeRandomCheckpoint(join(folder, "checkpoint"), { configs: checkpointConfigs(sizes) });
  await importModel(join(folder, "checkpoint"), { modelsFolder: folder, card: { name: "random" } });
  return {
    model: await readManifest(join(folder, "random")),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One row of noise for a transformer, its prompt of `text` tokens. */
export function randomRow(
  { transformer }: ImportedModel["manifest"],
  seed: number,
  tokens: { text: number; target: number; context: number },
): TransformerRow {
  const noise = (count: number) => Float32Array.from(new TorchGenerator(seed).randn(count, "float32"));
  return {
    latents: noise(tokens.target * transformer.inChannels),
    imageLatents: noise(tokens.context * transformer.inChannels),
    prompt: {
      promptEmbeds: noise(tokens.text * transformer.jointAttentionDim),
      pooledPromptEmbeds: noise(transformer.pooledProjectionDim),
    },
    sigma: 0.7,
    guidance: 2.5,
    rounding: "float32",
  };
}
