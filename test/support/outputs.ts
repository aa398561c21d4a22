import { expect } from "vitest";
import type { ImportedModel, PartName } from "../../src/model/manifest.ts";
import { TorchGenerator } from "../../src/pipeline/noise.ts";
import { type NamedArray, Session } from "../../src/pipeline/session.ts";
import { Transformer } from "../../src/pipeline/transformer.ts";
import { cpu } from "./slots.ts";

/** Every output of every part of a model for the same arbitrary inputs, by name; all are numbers, and not all alike. */
export async function outputsOf(model: ImportedModel): Promise<Record<string, Float32Array>> {
  const { transformer, vae, textEncoders } = model.manifest;
  const noise = (seed: number, count: number) => Float32Array.from(new TorchGenerator(seed).randn(count, "float32"));
  const run = async (part: PartName, feeds: (session: Session) => Record<string, NamedArray>) => {
    await using session = await Session.open(model, part, cpu);
    const outputs = await session.run(feeds(session));
    for (const [name, values] of Object.entries(outputs)) {
      expect(values.every(Number.isFinite) && new Set(values).size > 1, `${part}: ${name}`).toBe(true);
    }
    return outputs;
  };
  const ids = (count: number, below: number) => ({
    input_ids: { data: BigInt64Array.from({ length: count }, (_, i) => BigInt((7 * i) % below)), dims: [1, count] },
  });
  const side = 4 * vae.scaleFactor;
  const row = {
    latents: noise(1, 4 * transformer.inChannels),
    imageLatents: noise(2, 2 * transformer.inChannels),
    prompt: {
      promptEmbeds: noise(3, 5 * transformer.jointAttentionDim),
      pooledPromptEmbeds: noise(4, transformer.pooledProjectionDim),
    },
    sigma: 0.4,
    guidance: 3,
    rounding: "float32" as const,
  };
  const geometry = { target: { width: 2, height: 2 }, context: { width: 2, height: 1 } };
  return {
    ...(await run("clip", () => ids(9, textEncoders.clip.vocabSize))),
    t5: (await run("t5", () => ids(7, textEncoders.t5.vocabSize))).last_hidden_state!,
    ...(await run("vaeEncoder", () => ({ sample: { data: noise(5, 3 * side * side), dims: [1, 3, side, side] } }))),
    ...(await run("transformer", (session) => new Transformer(transformer, session).feeds([row], geometry))),
    ...(await run("vaeDecoder", () => ({
      latent_sample: { data: noise(6, vae.latentChannels * 16), dims: [1, vae.latentChannels, 4, 4] },
    }))),
  };
}
