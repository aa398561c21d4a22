import { stepFlops } from "../src/model/flops.ts";
import type { ImportedModel, PartName } from "../src/model/manifest.ts";
import { openCheckpoint } from "../src/onnx/checkpoint.ts";
import { Session } from "../src/pipeline/session.ts";
import { Transformer } from "../src/pipeline/transformer.ts";
import { t5Flops, vaeFlops } from "./flops.ts";
import { best, type MatrixRate } from "./machine.ts";
import { randomRow } from "./random-model.ts";

export const cpu = { providers: ["cpu"], deviceId: 0, threads: 0 } as const;

/** One part measured against the matrix rate that the machine had just before and after. */
export interface PartResult {
  readonly part: string;
  readonly ms: number;
  readonly tokens: number;
  readonly gflops: number;
  readonly share: number;
}

const runs = 5;

export async function measureParts(
  model: ImportedModel,
  rate: MatrixRate,
  tokens: { text: number; side: number },
): Promise<PartResult[]> {
  const { t5, vae } = await openCheckpoint(model.manifest.source);
  const image = tokens.side * 2 * model.manifest.vae.scaleFactor;
  const pixels = image * image;
  const count = tokens.side ** 2;
  const measured = async (
    part: string,
    flops: number,
    counted: number,
    work: () => Promise<unknown>,
  ): Promise<PartResult> => {
    await work();
    const before = await rate.measure();
    const ms = await best(runs, work);
    const around = Math.max(before, await rate.measure());
    const gflops = flops / ms / 1e6;
    return { part, ms, tokens: counted, gflops, share: gflops / around };
  };
  const session = (part: PartName) => Session.open(model, part, cpu);
  const results: PartResult[] = [];
  {
    await using open = await session("t5");
    const ids = { input_ids: { data: new BigInt64Array(tokens.text).fill(3n), dims: [1, tokens.text] } };
    results.push(await measured("t5", t5Flops(t5.config, tokens.text), tokens.text, () => open.run(ids)));
  }
  const convolutions = vaeFlops(vae.config, pixels);
  {
    await using open = await session("vaeEncoder");
    const sample = { sample: { data: new Float32Array(3 * pixels).fill(0.1), dims: [1, 3, image, image] } };
    results.push(await measured("vae encode", convolutions.encode, count, () => open.run(sample)));
  }
  {
    await using open = await session("transformer");
    const transformer = new Transformer(model.manifest.transformer, open);
    const geometry = {
      target: { width: tokens.side, height: tokens.side },
      context: { width: tokens.side, height: tokens.side },
    };
    const row = randomRow(model.manifest, 1, { text: tokens.text, target: count, context: count });
    const flops = stepFlops(model.manifest.transformer, { text: tokens.text, target: count, context: count });
    results.push(await measured("transformer step", flops, 2 * count, () => transformer.predict([row], geometry)));
  }
  {
    await using open = await session("vaeDecoder");
    const { latentChannels, scaleFactor } = model.manifest.vae;
    const cells = image / scaleFactor;
    const latent = {
      latent_sample: {
        data: new Float32Array(latentChannels * cells * cells).fill(0.1),
        dims: [1, latentChannels, cells, cells],
      },
    };
    results.push(await measured("vae decode", convolutions.decode, count, () => open.run(latent)));
  }
  return results;
}

/** Milliseconds of a step by batch size, and the throughput against one row alone. */
export async function batchCurve(model: ImportedModel, side: number, batches: readonly number[], text: number) {
  await using session = await Session.open(model, "transformer", cpu);
  const transformer = new Transformer(model.manifest.transformer, session);
  const geometry = { target: { width: side, height: side }, context: { width: side, height: side } };
  const curve: { batch: number; ms: number; speedup: number }[] = [];
  for (const batch of batches) {
    const rows = Array.from({ length: batch }, (_, i) =>
      randomRow(model.manifest, i, { text, target: side ** 2, context: side ** 2 }),
    );
    await transformer.predict(rows, geometry);
    const ms = await best(3, () => transformer.predict(rows, geometry));
    curve.push({ batch, ms, speedup: (batch * (curve[0]?.ms ?? ms)) / ms });
  }
  return curve;
}
