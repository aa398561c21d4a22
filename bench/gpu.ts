import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { duration, table, withPrefix } from "../src/cli/format.ts";
import { oneOf, wholeNumber, within } from "../src/cli/option-values.ts";
import type { ImportedModel } from "../src/model/manifest.ts";
import { providerNames } from "../src/model/provider.ts";
import { Session } from "../src/pipeline/session.ts";
import { Transformer } from "../src/pipeline/transformer.ts";
import { executedStepFlops } from "./flops.ts";
import { best, describeMachine } from "./machine.ts";
import { randomRow } from "./random-model.ts";
import { saveResult } from "./result.ts";
import { type ModelOptions, sizedModel } from "./sized-model.ts";

interface Options extends ModelOptions {
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
const weightTypes = ["float32", "float16", "bfloat16"] as const;
const number = (name: string, max: number) => within(name, 1, max, wholeNumber);

const numbers = (name: string, text: string, max: number) => text.split(",").map(number(name, max));

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
  // Everything is read before 24 GB are written.
  const providers = options.providers.split(",").map((name) => oneOf("--providers", name, providerNames));
  const type = oneOf("--type", options.type, weightTypes);
  const sizes = numbers("--sizes", options.sizes, 4096);
  const batches = numbers("--batch", options.batch, 64);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "pentimento-gpu-")));
  const made = performance.now();
  try {
    const model = await sizedModel(folder, options, type);
    const makeSeconds = (performance.now() - made) / 1000;
    const opened = performance.now();
    await using session = await Session.open(model, "transformer", { providers, deviceId: 0, threads: 0 });
    const startSeconds = (performance.now() - opened) / 1000;
    const { got, passedOver } = session.outcome;
    for (const line of passedOver) console.log(`passed over: ${line}`);
    const { parameters, bytes } = model.manifest.parts.transformer;
    console.log(
      `runs on ${got}: ${withPrefix(parameters, "")} parameters, ${withPrefix(bytes, "B")}, opened in ${duration(startSeconds)}\n`,
    );
    const steps = await measureSteps(model, session, { sizes, batches, steps: options.steps, text: options.text });
    console.log(`\n${stepTable(steps)}`);
    const floor = isFluxSized(model) && options.text === 512 ? steps.find(isFloorCase) : undefined;
    if (floor?.seconds !== undefined)
      console.log(
        `\n1024² at batch 1 is ${(floor.seconds / h200FloorSeconds).toFixed(2)} times the floor of an H200 (209 ms)`,
      );
    const memory = { rssBytes: process.resourceUsage().maxRSS * 1024, gpu: gpuMemory() };
    console.log(`peak RSS ${withPrefix(memory.rssBytes, "B")}${memory.gpu === undefined ? "" : `, GPU ${memory.gpu}`}`);
    await saveResult("gpu", {
      machine: describeMachine(),
      options,
      transformer: model.manifest.transformer,
      asked: providers,
      got,
      passedOver,
      parameters,
      bytes,
      makeSeconds,
      startSeconds,
      steps,
      memory,
    });
  } finally {
    if (!options.keep && options.folder === undefined) await rm(folder, { recursive: true });
    else process.stderr.write(`the checkpoint stays in ${folder}; use it again with --folder ${folder}\n`);
  }
}

interface StepResult {
  readonly side: number;
  readonly batch: number;
  /** Median; left out where the step failed, mostly for want of memory. */
  readonly seconds?: number;
  readonly tflops?: number;
  readonly error?: string;
}

interface Plan {
  readonly sizes: readonly number[];
  readonly batches: readonly number[];
  readonly steps: number;
  readonly text: number;
}

async function measureSteps(model: ImportedModel, session: Session, plan: Plan): Promise<StepResult[]> {
  const transformer = new Transformer(model.manifest.transformer, session);
  const measured: StepResult[] = [];
  for (const size of plan.sizes) {
    const cells = Math.floor(size / (2 * model.manifest.vae.scaleFactor));
    const grid = { width: cells, height: cells };
    const tokens = { text: plan.text, target: cells ** 2, context: cells ** 2 };
    for (const batch of plan.batches) {
      const rows = Array.from({ length: batch }, (_, i) => randomRow(model.manifest, i, tokens));
      const run = () => transformer.predict(rows, { target: grid, context: grid });
      try {
        const seconds = await median(plan.steps, run);
        const tflops = (batch * executedStepFlops(model.manifest.transformer, tokens)) / seconds / 1e12;
        measured.push({ side: size, batch, seconds, tflops });
        process.stderr.write(`${size}² × ${batch}: ${duration(seconds)}\n`);
      } catch (error) {
        const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
        measured.push({ side: size, batch, error: line! });
        process.stderr.write(`${size}² × ${batch}: ${line}\n`);
      }
    }
  }
  return measured;
}

/** Seconds; one run to warm up goes before. */
async function median(runs: number, run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) times.push(await best(1, run));
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)]! / 1000;
}

function stepTable(steps: readonly StepResult[]): string {
  return table([
    ["size", "batch", "median step", "TFLOP/s"],
    ...steps.map(({ side, batch, seconds, tflops, error }) => [
      `${side}²`,
      `${batch}`,
      seconds === undefined ? `failed: ${error}` : duration(seconds),
      tflops?.toPrecision(3) ?? "-",
    ]),
  ]);
}

function isFloorCase({ side, batch }: StepResult): boolean {
  return side === 1024 && batch === 1;
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
