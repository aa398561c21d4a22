import type { ImportedModel } from "../src/model/manifest.ts";
import { openCheckpoint } from "../src/onnx/checkpoint.ts";
import { Session } from "../src/pipeline/session.ts";
import { Transformer } from "../src/pipeline/transformer.ts";
import { clipFlops, executedStepFlops, t5Flops, vaeFlops } from "./flops.ts";
import { best, type MatrixRate } from "./machine.ts";
import { randomRow } from "./random-model.ts";

export const cpu = { providers: ["cpu"], deviceId: 0, threads: 0 } as const;

/** One part, beside the matrix rate that the machine had in the same seconds. */
export interface PartResult {
  readonly part: string;
  readonly ms: number;
  readonly tokens: number;
  readonly gflops: number;
  readonly matrixGflops: number;
  readonly share: number;
}

/** Rounds of one matrix product and one run of the part: the best of each is taken, so both meet the same neighbours. */
const rounds = 6;

interface Work {
  readonly part: string;
  readonly flops: number;
  readonly tokens: number;
  readonly run: () => Promise<unknown>;
}

async function measure({ part, flops, tokens, run }: Work, rate: MatrixRate): Promise<PartResult> {
  await run();
  let [ms, matrixGflops] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < rounds; i += 1) {
    matrixGflops = Math.max(matrixGflops, await rate.measure(1));
    ms = Math.min(ms, await best(1, run));
  }
  const gflops = flops / ms / 1e6;
  return { part, ms, tokens, gflops, matrixGflops, share: gflops / matrixGflops };
}

/** Every part of a model for one edit of `side`² target tokens with a context of the same size. */
export async function measureParts(model: ImportedModel, rate: MatrixRate, size: { text: number; side: number }) {
  const results: PartResult[] = [];
  for (const part of ["t5", "clip", "vaeEncoder", "transformer", "vaeDecoder"] as const) {
    await using session = await Session.open(model, part, cpu);
    results.push(await measure(await workOf(model, session, size), rate));
  }
  return results;
}

async function workOf(model: ImportedModel, session: Session, size: { text: number; side: number }): Promise<Work> {
  const { t5, clip, vae } = await openCheckpoint(model.manifest.source);
  const { latentChannels, scaleFactor } = model.manifest.vae;
  const cells = 2 * size.side;
  const side = cells * scaleFactor;
  const tokens = { text: size.text, target: size.side ** 2, context: size.side ** 2 };
  const filled = (...dims: number[]) => ({ data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1), dims });
  const encode = (part: string, count: number, flops: number) => {
    const ids = { input_ids: { data: new BigInt64Array(count).fill(3n), dims: [1, count] } };
    return { part: `${part} (${count} tokens)`, tokens: count, flops, run: () => session.run(ids) };
  };
  const convolutions = vaeFlops(vae.config, side ** 2);
  switch (session.part) {
    case "t5":
      return encode("t5", size.text, t5Flops(t5.config, size.text));
    case "clip": {
      const count = clip.config.max_position_embeddings;
      return encode("clip", count, clipFlops(clip.config, count));
    }
    case "vaeEncoder": {
      const feeds = { sample: filled(1, 3, side, side) };
      return { part: "vae encode", tokens: tokens.target, flops: convolutions.encode, run: () => session.run(feeds) };
    }
    case "vaeDecoder": {
      const feeds = { latent_sample: filled(1, latentChannels, cells, cells) };
      return { part: "vae decode", tokens: tokens.target, flops: convolutions.decode, run: () => session.run(feeds) };
    }
    case "transformer": {
      const transformer = new Transformer(model.manifest.transformer, session);
      const grid = { width: size.side, height: size.side };
      const row = randomRow(model.manifest, 1, tokens);
      return {
        part: "transformer step",
        tokens: tokens.target + tokens.context,
        flops: executedStepFlops(model.manifest.transformer, tokens),
        run: () => transformer.predict([row], { target: grid, context: grid }),
      };
    }
  }
}

/** Milliseconds of a step by batch size, and the throughput against one row alone. */
export async function batchCurve(model: ImportedModel, side: number, batches: readonly number[], text: number) {
  await using session = await Session.open(model, "transformer", cpu);
  const transformer = new Transformer(model.manifest.transformer, session);
  const geometry = { target: { width: side, height: side }, context: { width: side, height: side } };
  const works = batches.map((batch) => {
    const tokens = { text, target: side ** 2, context: side ** 2 };
    const rows = Array.from({ length: batch }, (_, i) => randomRow(model.manifest, i, tokens));
    return { batch, rows, ms: Number.POSITIVE_INFINITY };
  });
  // Round by round over all batch sizes, so that a busy moment of the machine does not fall on one of them.
  for (let round = 0; round < 4; round += 1) {
    for (const work of works)
      work.ms = Math.min(work.ms, await best(1, () => transformer.predict(work.rows, geometry)));
  }
  return works.map(({ batch, ms }) => ({ batch, ms, speedup: (batch * works[0]!.ms) / (works[0]!.batch * ms) }));
}
