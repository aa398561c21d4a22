import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chance } from "../sim/chance.ts";
import { quantile } from "../sim/measure.ts";
import { measureSpeed } from "../sim/speed.ts";
import { table } from "../src/cli/format.ts";
import { readServerEnvironment } from "../src/config/environment.ts";
import { wallClock } from "../src/core/clock.ts";
import type { RgbImage } from "../src/core/image.ts";
import { projectFolder } from "../src/core/program.ts";
import type { Engine, SlotSpec } from "../src/engine/engine.ts";
import { Supervisor } from "../src/engine/supervisor.ts";
import { readPixels } from "../src/intake/normalise.ts";
import { CostSurvey } from "../src/journey/cost-survey.ts";
import { Denoiser } from "../src/journey/denoiser.ts";
import { geometryOf } from "../src/journey/plan.ts";
import type { ImportedModel } from "../src/model/manifest.ts";
import { chooseModel } from "../src/onnx/choose-model.ts";
import { CostBook } from "../src/scheduler/cost-book.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { saveResult } from "./result.ts";

const burst = 16;
const rounds = 2;
/** Of the engine's time, for the edits that come one by one. */
const load = 0.8;
const batches = [1, 2, 4];

/** What an edit of the bench asks for; a picture of its own, so that nothing of it is found encoded. */
interface Bench {
  readonly engine: Engine;
  readonly model: ImportedModel;
  readonly picture: RgbImage;
  readonly costs: CostBook;
}

interface Told {
  /** Milliseconds from the submission to the end of the first step, and to the picture. */
  readonly firstStepMs: number;
  readonly endMs: number;
}

/** The real scheduler on the real engine with the shipped model, beside the bare sessions. */
export async function benchScheduler(): Promise<void> {
  const config = readServerEnvironment();
  const model = await chooseModel(config.modelsFolder, config.model);
  await using engine = new Supervisor();
  const { outcomes } = await engine.load(model.folder, config);
  const file = await readFile(join(projectFolder, "samples", "coffee.png"));
  const picture = await readPixels(new Uint8Array(file));
  const costs = new CostBook({ model: model.manifest.digest, provider: outcomes.transformer.got, device: "bench" });
  const bench = { engine, model, picture, costs };
  await learn(bench);
  const throughput: number[] = [];
  const useful: number[] = [];
  const inside: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`${burst} at once, round ${round + 1} of ${rounds} …\n`);
    const bareMs = await bareRunMs(bench, round);
    const { wallMs, insideShare, usefulShare, told } = await atOnce(bench, round);
    throughput.push((burst * bareMs) / wallMs);
    useful.push(usefulShare);
    inside.push(insideShare);
    if (round === rounds - 1) printBurst(bench, told);
  }
  process.stderr.write(`one by one at load ${load} …\n`);
  const single = await oneByOne(bench);
  const median = (values: number[]) =>
    quantile(
      [...values].sort((a, b) => a - b),
      0.5,
    );
  const stepMs = costs.stepMs(geometry(bench), 1);
  const first = median(single.map(({ firstStepMs }) => firstStepMs / stepMs));
  const speeds = [1_000, 100_000].map((queued) => measureSpeed(queued, 17));
  const rows = [
    [`${burst} at once ÷ bare sessions`, throughput.map((share) => share.toFixed(3)).join(", ")],
    // The same without the machine's noise between two runs, where rows gain nothing from each other.
    ["of the burst's time inside session.run", inside.map((share) => share.toFixed(3)).join(", ")],
    ["useful ÷ paid rows", useful.map((share) => share.toFixed(3)).join(", ")],
    [`first step at load ${load}, median`, `${first.toFixed(1)} solo steps`],
    ...speeds.map(({ queued, p50, p99 }) => [
      `scheduling per step, ${queued.toLocaleString("en")} queued`,
      `${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms`,
    ]),
  ];
  console.log(table([["scheduler", "measured"], ...rows]));
  await saveResult("scheduler", { throughput, inside, useful, single, stepMs, speeds, curve: costs.toJSON() });
}

/** T(B) as a server learns it in its idle time. */
async function learn({ engine, model, costs }: Bench): Promise<void> {
  process.stderr.write("measuring steps of several rows …\n");
  const clock = { ...wallClock, after: (_: number, callback: () => void) => wallClock.after(0, callback) };
  const { manifest } = model;
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const survey = new CostSurvey({ engine, costs, manifest, isIdle: () => true, budgetMs: 30_000, clock, log });
  survey.start();
  await survey.ended;
}

function geometry({ model }: Bench) {
  return geometryOf(request(model), model.manifest);
}

function request({ manifest }: ImportedModel) {
  const square = manifest.buckets.find(({ width, height }) => width === height)!;
  return { bucket: square, contextBucket: square };
}

function specOf({ model, picture }: Bench, seed: number): Omit<SlotSpec, "slot"> {
  const { bucket } = request(model);
  // A pixel of its own makes it another picture.
  const data = new Uint8Array(picture.data);
  data.set([seed & 255, (seed >> 8) & 255, (seed >> 16) & 255]);
  const { steps, guidance } = model.manifest.defaults;
  const context = { image: { ...picture, data }, size: bucket };
  return { size: bucket, prompt: `make it night ${seed}`, steps, guidance, seed, rounding: "float32", context };
}

/** Milliseconds inside `session.run` per edit, of the batch size that has the least. */
async function bareRunMs(bench: Bench, round: number): Promise<number> {
  const { engine } = bench;
  let least = Number.POSITIVE_INFINITY;
  for (const batch of batches) {
    const before = await runMs(engine);
    const slots = Array.from({ length: batch }, (_, i) => `bare-${batch}-${i}`);
    for (const [i, slot] of slots.entries())
      await engine.openSlot({ ...specOf(bench, 1_000_000 + round * 100 + batch * 10 + i), slot });
    for (let step = 0; step < bench.model.manifest.defaults.steps; step += 1) await engine.step(slots);
    for (const slot of slots) await engine.decode(slot);
    for (const slot of slots) await engine.closeSlot(slot);
    least = Math.min(least, ((await runMs(engine)) - before) / batch);
  }
  return least;
}

async function runMs(engine: Engine): Promise<number> {
  return (await engine.status()).child?.runMs ?? 0;
}

async function atOnce(bench: Bench, round: number) {
  const driver = new Driver(bench);
  const before = await runMs(bench.engine);
  const started = performance.now();
  const told = await Promise.all(Array.from({ length: burst }, (_, i) => driver.make(round * burst + i)));
  const wallMs = performance.now() - started;
  const insideShare = ((await runMs(bench.engine)) - before) / wallMs;
  return { wallMs, insideShare, usefulShare: driver.finishedRows / driver.paidRows, told };
}

function printBurst(bench: Bench, told: readonly Told[]): void {
  const stepMs = bench.costs.stepMs(geometry(bench), 1);
  const ends = told.map(({ endMs }) => endMs / stepMs).sort((a, b) => a - b);
  console.log(
    `a burst of ${burst}: pictures after ${ends[0]!.toFixed(1)} to ${ends.at(-1)!.toFixed(1)} solo steps, half of them by ${quantile(ends, 0.5).toFixed(1)}`,
  );
}

/** Edits that come by chance, as many as keep the engine busy for the load's share of its time. */
async function oneByOne(bench: Bench): Promise<Told[]> {
  const driver = new Driver(bench);
  const luck = chance(7);
  const soloMs = bench.costs.soloMs(geometry(bench), bench.model.manifest.defaults.steps, 1);
  const told: Promise<Told>[] = [];
  for (let i = 0; i < burst; i += 1) {
    told.push(driver.make(10_000 + i));
    await new Promise((resolve) => setTimeout(resolve, luck.exponential(soloMs / load)));
  }
  return Promise.all(told);
}

/** Scheduler, driver and engine as a server joins them. */
class Driver {
  /** Rows of steps, and those of them whose edits came to their end. */
  paidRows = 0;
  finishedRows = 0;
  readonly #bench: Bench;
  readonly #scheduler: Scheduler;
  readonly #denoiser: Denoiser;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#scheduler = new Scheduler({ costs: bench.costs, limits: { accountShareMax: 1 } });
    this.#denoiser = new Denoiser({
      engine: bench.engine,
      scheduler: this.#scheduler,
      clock: wallClock,
      revive: async () => {},
      log: (line) => process.stderr.write(`${line}\n`),
    });
  }

  async make(seed: number): Promise<Told> {
    const { steps } = this.#bench.model.manifest.defaults;
    const { bucket, tokens } = geometry(this.#bench);
    const submitted = wallClock.now();
    const job = {
      id: `edit-${seed}`,
      account: `account-${seed}`,
      weight: 1,
      priority: "normal",
      bucket,
      bucketTokens: tokens,
      steps,
      rowsPerStep: 1,
      latentBytes: 1_000_000,
      concurrencyMax: burst,
    } as const;
    this.#scheduler.submit(job, submitted);
    let firstStepMs = 0;
    const picture = {
      job,
      spec: async () => specOf(this.#bench, seed),
      deaths: 0,
      onStarted: () => {},
      onStep: () => {
        firstStepMs ||= wallClock.now() - submitted;
        this.paidRows += 1;
      },
      onWorked: () => {},
      onDeath: () => {},
      wantsPreview: () => false,
    };
    await this.#denoiser.make(picture, new AbortController().signal);
    this.finishedRows += steps;
    return { firstStepMs, endMs: wallClock.now() - submitted };
  }
}
