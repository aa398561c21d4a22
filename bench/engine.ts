import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { duration, table } from "../src/cli/format.ts";
import { nextTurn } from "../src/core/clock.ts";
import { Supervisor } from "../src/engine/supervisor.ts";
import type { ImportedModel } from "../src/model/manifest.ts";
import { type Denoising, denoiseStep, isDone } from "../src/pipeline/denoise.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { sigmas } from "../src/pipeline/sigmas.ts";
import { describeMachine, MatrixRate } from "./machine.ts";
import { batchCurve, cpu, measureParts } from "./parts.ts";
import { randomModel, randomRow } from "./random-model.ts";
import { saveResult } from "./result.ts";

/** The sizes of Pentimento Mini's transformer, and twice its width. */
const widths = [
  { hidden: 192, heads: 6, headDim: 32 },
  { hidden: 384, heads: 12, headDim: 32 },
] as const;
const text = 64;
const others = {
  doubleBlocks: 3,
  singleBlocks: 5,
  jointDim: 128,
  pooledDim: 128,
  textLayers: 3,
  vocabulary: 4096,
  vaeChannels: [32, 64, 96, 128],
  vaeGroups: 8,
};

/** `npm run bench engine` */
export async function benchEngine(): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line} …\n`);
  await using rate = await MatrixRate.open();
  const matrix = await rate.measure(6);
  const result: Record<string, unknown> = { machine: describeMachine(), matrixGflops: matrix };
  console.log(`matrix product 2048³, float32: ${matrix.toFixed(0)} GFLOP/s\n`);
  for (const { hidden, heads, headDim } of widths) {
    say(`hidden ${hidden}`);
    await using random = await randomModel({ heads, headDim, ...others });
    const parts = await measureParts(random.model, rate, { text, side: 32 });
    console.log(
      `hidden ${hidden}, 3 double + 5 single blocks, 1,024 + 1,024 image tokens, ${text} text tokens (512 × 512 px)`,
    );
    console.log(`${partsTable(parts)}\n`);
    result[`hidden${hidden}`] = parts;
    if (hidden !== widths[0].hidden) continue;
    say("denoising loop");
    const share = await sessionShare(random.model, 32);
    console.log(`denoising, 8 steps: ${(100 * share).toFixed(1)} % of the wall time inside session.run\n`);
    say("batches");
    const curves = {
      "256 + 256": await batchCurve(random.model, 16, [1, 2, 4, 8], text),
      "1,024 + 1,024": await batchCurve(random.model, 32, [1, 2, 4], text),
    };
    for (const [name, curve] of Object.entries(curves)) console.log(`T(B) at ${name} tokens\n${curveTable(curve)}\n`);
    say("start-up");
    const starts = await startUp(random.model);
    console.log(
      `engine up with a model: ${duration(starts.startMs / 1000)}; after SIGKILL: ${duration(starts.restartMs / 1000)}`,
    );
    say("staging");
    const stagingDelayMs = await stagingDelay(random.model);
    console.log(`event loop delay p99 while 16 megapixels are staged: ${stagingDelayMs.toFixed(1)} ms\n`);
    say("memory at 4,096 + 4,096 tokens");
    const peak = peakMemory(random.model, 64);
    console.log(
      `peak RSS of a step at 4,096 + 4,096 tokens: ${(peak.rssBytes / 2 ** 20).toFixed(0)} MiB (${duration(peak.ms / 1000)})\n`,
    );
    Object.assign(result, { sessionShare: share, curves, ...starts, stagingDelayMs, peak });
  }
  await saveResult("engine", result);
}

function partsTable(parts: Awaited<ReturnType<typeof measureParts>>): string {
  const rows = parts.map(({ part, ms, tokens, gflops, matrixGflops, share }) => [
    part,
    `${ms.toFixed(1)} ms`,
    `${((1000 * ms) / tokens).toFixed(1)} µs`,
    gflops.toFixed(0),
    matrixGflops.toFixed(0),
    `${(100 * share).toFixed(0)} %`,
  ]);
  return table([["part", "time", "per token", "GFLOP/s", "matrix rate beside it", "share"], ...rows]);
}

function curveTable(curve: Awaited<ReturnType<typeof batchCurve>>): string {
  return table([
    ["batch", "step", "throughput"],
    ...curve.map(({ batch, ms, speedup }) => [`${batch}`, `${ms.toFixed(0)} ms`, `${speedup.toFixed(2)} ×`]),
  ]);
}

/** The part of a denoising loop's wall time that passes inside the session. */
async function sessionShare(model: ImportedModel, side: number): Promise<number> {
  await using pipeline = await Pipeline.open(model, cpu);
  const { transformer } = pipeline;
  const row = randomRow(model.manifest, 5, { text, target: side ** 2, context: side ** 2 });
  const grid = { width: side, height: side };
  const edit: Denoising = {
    ...row,
    step: 0,
    sigmas: sigmas(side ** 2, 8, pipeline.scheduler),
    geometry: { target: grid, context: grid },
  };
  await transformer.predict([row], edit.geometry);
  const [started, runBefore] = [performance.now(), pipeline.runMs];
  while (!isDone(edit)) await denoiseStep(transformer, [edit]);
  return (pipeline.runMs - runBefore) / (performance.now() - started);
}

async function startUp(model: ImportedModel): Promise<{ startMs: number; restartMs: number }> {
  const started = performance.now();
  await using engine = new Supervisor();
  await engine.load(model.folder, cpu);
  const startMs = performance.now() - started;
  const killed = performance.now();
  process.kill(engine.health.pid!, "SIGKILL");
  while (engine.health.deaths === 0) await nextTurn();
  // Asked seldom, so that the wait takes no core from the child.
  while (engine.health.state !== "up") await setTimeout(5);
  await engine.status();
  return { startMs, restartMs: performance.now() - killed };
}

/** How long others wait for their turn, in milliseconds at p99, while the largest picture goes to the engine. */
async function stagingDelay(model: ImportedModel): Promise<number> {
  await using engine = new Supervisor();
  await engine.load(model.folder, cpu);
  const [side, size] = [4096, { width: 64, height: 64 }];
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 31) % 251);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await engine.encodeImage({ width: side, height: side, data }, size);
  delay.disable();
  return delay.percentile(99) / 1e6;
}

/** A step in a process of its own, for memory is never given back. */
function peakMemory(model: ImportedModel, side: number): { rssBytes: number; ms: number } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "peak-memory.ts"), model.folder, `${side}`, `${text}`],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { rssBytes: number; ms: number };
}
