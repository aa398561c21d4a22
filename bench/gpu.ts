import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { duration, table, withPrefix } from "../src/cli/format.ts";
import { oneOf, wholeNumber, within } from "../src/cli/option-values.ts";
import { Failed } from "../src/core/errors.ts";
import { stepFlops } from "../src/model/flops.ts";
import { type ImportedModel, readManifest } from "../src/model/manifest.ts";
import { providerNames } from "../src/model/provider.ts";
import { importModel } from "../src/onnx/import-model.ts";
import { Session } from "../src/pipeline/session.ts";
import { Transformer } from "../src/pipeline/transformer.ts";
import { checkpointConfigs, writeRandomCheckpoint } from "../test/support/random-checkpoint.ts";
import { describeMachine } from "./machine.ts";
import { randomRow } from "./random-model.ts";
import { saveResult } from "./result.ts";

interface Options {
  readonly heads: number;
  readonly headDim: number;
  readonly double: number;
  readonly single: number;
  readonly text: number;
  readonly type: string;
  readonly providers: string;
  readonly sizes: string;
  readonly batch: string;
  readonly steps: number;
  readonly folder?: string;
  readonly keep?: true;
}

/** Seconds of one FLUX step at 1024² with a 1024² context that an H200 cannot be quicker than: 165.5 TFLOP at 790 TFLOP/s. */
const h200FloorSeconds = 0.209;
const number = (name: string, max: number) => within(name, 1, max, wholeNumber);

/** `npm run bench gpu` */
export function gpuCommand(): Command {
  return new Command("gpu")
    .description("a transformer of any size with random weights, by default FLUX's own (24 GB on disk)")
    .option("--heads <n>", "attention heads", number("--heads", 512), 24)
    .option("--head-dim <n>", "channels of a head", number("--head-dim", 512), 128)
    .option("--double <n>", "double blocks", number("--double", 512), 19)
    .option("--single <n>", "single blocks", number("--single", 512), 38)
    .option("--text <n>", "text tokens", number("--text", 512), 512)
    .option("--type <type>", "stored weights: bfloat16, float16 or float32", "bfloat16")
    .option("--providers <list>", "in order of preference", "tensorrt,cuda,cpu")
    .option("--sizes <list>", "sides in pixels, context of the same size", "512,1024")
    .option("--batch <list>", "batch sizes", "1,2,4,8")
    .option("--steps <n>", "steps measured for each", number("--steps", 1000), 5)
    .option("--folder <folder>", "where the checkpoint is, or is to be made")
    .option("--keep", "leave the checkpoint there")
    .action(benchGpu);
}

async function benchGpu(options: Options): Promise<void> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "pentimento-gpu-")));
  const providers = options.providers.split(",").map((name) => oneOf("--providers", name, providerNames));
  try {
    const model = await makeModel(folder, options);
    const opened = performance.now();
    await using session = await Session.open(model, "transformer", { providers, deviceId: 0, threads: 0 });
    const startSeconds = (performance.now() - opened) / 1000;
    const { got, passedOver } = session.outcome;
    for (const line of passedOver) console.log(`passed over: ${line}`);
    const { parameters, bytes } = model.manifest.parts.transformer;
    console.log(
      `runs on ${got}: ${withPrefix(parameters, "")} parameters, ${withPrefix(bytes, "B")}, opened in ${duration(startSeconds)}\n`,
    );
    const steps = await measureSteps(model, session, options);
    console.log(`\n${stepTable(steps)}`);
    const floor = isFluxSized(model) ? steps.find(({ side, batch }) => side === 1024 && batch === 1) : undefined;
    if (floor !== undefined)
      console.log(
        `\n1024² at batch 1 is ${(floor.seconds / h200FloorSeconds).toFixed(2)} times the floor of an H200 (209 ms)`,
      );
    const memory = { rssBytes: process.resourceUsage().maxRSS * 1024, gpu: gpuMemory() };
    console.log(`peak RSS ${withPrefix(memory.rssBytes, "B")}${memory.gpu === undefined ? "" : `, GPU ${memory.gpu}`}`);
    await saveResult("gpu", {
      machine: describeMachine(),
      options,
      asked: providers,
      got,
      passedOver,
      parameters,
      bytes,
      startSeconds,
      steps,
      memory,
    });
  } finally {
    if (!options.keep && options.folder === undefined) await rm(folder, { recursive: true });
  }
}

/** Writes the checkpoint unless the folder holds it already, and imports it. */
async function makeModel(folder: string, options: Options): Promise<ImportedModel> {
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
  if (!(await stat(join(checkpoint, "vae")).catch(() => undefined))) {
    await mkdir(folder, { recursive: true });
    const type = oneOf("--type", options.type, ["float32", "float16", "bfloat16"]);
    const hidden = heads * headDim;
    const bytesNeeded = (type === "float32" ? 4 : 2) * hidden ** 2 * (36 * doubleBlocks + 15 * singleBlocks);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < 1.05 * bytesNeeded) {
      throw new Failed(
        "ENGINE_FAILED",
        `${folder} has ${withPrefix(bavail * bsize, "B")} free, the weights need about ${withPrefix(bytesNeeded, "B")}`,
        { retryable: false },
      );
    }
    process.stderr.write(`writing about ${withPrefix(bytesNeeded, "B")} of random weights to ${checkpoint} …\n`);
    await writeRandomCheckpoint(checkpoint, { configs, type });
  }
  process.stderr.write("importing …\n");
  await importModel(checkpoint, { modelsFolder: folder, card: { name: "random" } });
  return readManifest(join(folder, "random"));
}

async function measureSteps(model: ImportedModel, session: Session, options: Options) {
  const { transformer: config, vae } = model.manifest;
  const transformer = new Transformer(config, session);
  const list = (name: string, text: string, max: number) => text.split(",").map(number(name, max));
  const measured: { side: number; batch: number; seconds: number; tflops: number }[] = [];
  for (const side of list("--sizes", options.sizes, 4096)) {
    const grid = { width: Math.floor(side / (2 * vae.scaleFactor)), height: Math.floor(side / (2 * vae.scaleFactor)) };
    const tokens = { text: options.text, target: grid.width * grid.height, context: grid.width * grid.height };
    for (const batch of list("--batch", options.batch, 64)) {
      const rows = Array.from({ length: batch }, (_, i) => randomRow(model.manifest, i, tokens));
      const geometry = { target: grid, context: grid };
      await transformer.predict(rows, geometry);
      const times: number[] = [];
      for (let i = 0; i < options.steps; i += 1) {
        const started = performance.now();
        await transformer.predict(rows, geometry);
        times.push((performance.now() - started) / 1000);
      }
      const seconds = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
      measured.push({ side, batch, seconds, tflops: (batch * stepFlops(config, tokens)) / seconds / 1e12 });
      process.stderr.write(`${side}² × ${batch}: ${duration(seconds)}\n`);
    }
  }
  return measured;
}

function stepTable(steps: Awaited<ReturnType<typeof measureSteps>>): string {
  return table([
    ["size", "batch", "median step", "TFLOP/s"],
    ...steps.map(({ side, batch, seconds, tflops }) => [
      `${side}²`,
      `${batch}`,
      duration(seconds),
      tflops.toPrecision(3),
    ]),
  ]);
}

function isFluxSized({ manifest: { transformer } }: ImportedModel): boolean {
  return transformer.hiddenSize === 3072 && transformer.doubleBlocks === 19 && transformer.singleBlocks === 38;
}

/** What nvidia-smi says is in use, where there is one. */
function gpuMemory(): string | undefined {
  const { status, stdout } = spawnSync("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}
