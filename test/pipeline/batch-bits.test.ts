import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readManifest } from "../../src/model/manifest.ts";
import { parseSchedulerConfig } from "../../src/model/scheduler-config.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { type Denoising, denoiseStep } from "../../src/pipeline/denoise.ts";
import { TorchGenerator } from "../../src/pipeline/noise.ts";
import { Session } from "../../src/pipeline/session.ts";
import { sigmas } from "../../src/pipeline/sigmas.ts";
import { Transformer } from "../../src/pipeline/transformer.ts";
import { checkpointConfigs, writeRandomCheckpoint } from "../support/random-checkpoint.ts";
import { cpu } from "../support/slots.ts";

const noise = (seed: number, count: number) => Float32Array.from(new TorchGenerator(seed).randn(count, "float32"));

/** Edits that share a geometry and differ in prompt, source, noise, steps, step, guidance and guidance kind. */
function variedEdit(number: number, transformer: Transformer, side: { target: number; context: number }): Denoising {
  const { inChannels, jointAttentionDim, pooledProjectionDim } = transformer.config;
  const prompt = (seed: number) => ({
    promptEmbeds: noise(seed, 24 * jointAttentionDim),
    pooledPromptEmbeds: noise(seed + 1, pooledProjectionDim),
  });
  const steps = 4 + number;
  return {
    latents: noise(10 + number, side.target ** 2 * inChannels),
    step: number % 3,
    sigmas: sigmas(side.target ** 2, steps, parseSchedulerConfig({ use_dynamic_shifting: true })),
    geometry: {
      target: { width: side.target, height: side.target },
      context: { width: side.context, height: side.context },
    },
    imageLatents: noise(20 + number, side.context ** 2 * inChannels),
    prompt: prompt(30 + 2 * number),
    guidance: 1 + number,
    rounding: "float32",
    ...(number === 2 ? { trueCfg: { negative: prompt(77), scale: 3 } } : {}),
  };
}

describe("latents of a batch", () => {
  it.each([
    { heads: 2, headDim: 16, target: 3, context: 2 },
    { heads: 6, headDim: 32, target: 8, context: 8 },
    { heads: 6, headDim: 32, target: 24, context: 17 },
    { heads: 5, headDim: 24, target: 1, context: 1 },
  ])(
    "are bit for bit those of each edit alone ($heads heads × $headDim, $target² + $context² tokens)",
    async ({ heads, headDim, ...side }) => {
      const folder = await mkdtemp(join(tmpdir(), "pentimento-bits-"));
      try {
        await writeRandomCheckpoint(join(folder, "checkpoint"), { configs: checkpointConfigs({ heads, headDim }) });
        await importModel(join(folder, "checkpoint"), { modelsFolder: folder, card: { name: "bits" } });
        const model = await readManifest(join(folder, "bits"));
        await using session = await Session.open(model, "transformer", cpu);
        const transformer = new Transformer(model.manifest.transformer, session);
        const alone = [0, 1, 2, 3].map((number) => variedEdit(number, transformer, side));
        for (const edit of alone) for (let i = 0; i < 2; i += 1) await denoiseStep(transformer, [edit]);
        for (const order of [
          [0, 1, 2, 3],
          [3, 1],
          [2, 0, 3],
        ]) {
          const batch = order.map((number) => variedEdit(number, transformer, side));
          for (let i = 0; i < 2; i += 1) await denoiseStep(transformer, batch);
          for (const [row, number] of order.entries()) {
            expect(
              Buffer.compare(Buffer.from(batch[row]!.latents.buffer), Buffer.from(alone[number]!.latents.buffer)),
            ).toBe(0);
          }
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
