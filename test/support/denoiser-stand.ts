import { expect } from "vitest";
import { type Clock, wallClock } from "../../src/core/clock.ts";
import { Failed } from "../../src/core/errors.ts";
import type { RgbImage } from "../../src/core/image.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { Denoiser, type Picture } from "../../src/journey/denoiser.ts";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { cpu, runAlone, variedSpec } from "./slots.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

export const bucket = "64x48";
export const failed = (retryable = true) => new Failed("ENGINE_FAILED", "out of memory", { retryable });

type Tail<List> = List extends [unknown, ...infer Rest] ? Rest : never;
type Calls = Pick<Engine, "openSlot" | "step">;

/** An engine with the tiny model, and the pictures of three kinds of edits as it makes them alone. */
export class DenoiserGround implements AsyncDisposable {
  readonly model: TinyModel;
  readonly engine = new Supervisor();
  readonly #alone: RgbImage[] = [];

  private constructor(model: TinyModel) {
    this.model = model;
  }

  static async open(): Promise<DenoiserGround> {
    const ground = new DenoiserGround(await tinyModel());
    const { engine, model } = ground;
    await engine.load(model.folder, cpu);
    for (let kind = 0; kind < 3; kind += 1)
      ground.#alone.push(await runAlone(engine, variedSpec(kind, `alone-${kind}`)));
    return ground;
  }

  /** See `standOn`. */
  stand(...given: Tail<Parameters<typeof standOn>>) {
    return standOn(this.engine, ...given);
  }

  expectSame(picture: RgbImage, kind: number): void {
    expect(Buffer.compare(picture.data, this.#alone[kind]!.data), `picture of kind ${kind}`).toBe(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
  }
}

/** The real engine behind a scheduler and a denoiser, with some of its calls made to fail before they reach it. */
function standOn(
  engine: Engine,
  faults: (engine: Calls) => Partial<Calls>,
  clock: Clock = wallClock,
  revive: () => Promise<unknown> = async () => {},
) {
  const costs = new CostBook({ model: "tiny", provider: "cpu", device: "here" });
  // Sharing costs nothing, so that whatever may share a step does.
  for (const rows of [1, 2, 4])
    for (let i = 0; i < 9; i += 1) costs.observe({ kind: "step", bucket, tokens: 50, rows, ms: 20 });
  const scheduler = new Scheduler({ costs });
  const steps: (readonly string[])[] = [];
  const calls: Calls = {
    openSlot: (spec) => engine.openSlot(spec),
    step: (ids, options) => engine.step(ids, options),
  };
  const { openSlot, step } = { ...calls, ...faults(calls) };
  const encoded: RgbImage[] = [];
  const drawn: number[] = [];
  const watched: Pick<
    Engine,
    "encodeImage" | "encodePrompt" | "drawNoise" | "openSlot" | "step" | "decode" | "closeSlot" | "health"
  > = {
    get health() {
      return engine.health;
    },
    encodeImage: (image, size) => {
      encoded.push(image);
      return engine.encodeImage(image, size);
    },
    encodePrompt: (prompt) => engine.encodePrompt(prompt),
    drawNoise: (spec) => {
      drawn.push(spec.seed);
      return engine.drawNoise(spec);
    },
    openSlot,
    step: (ids, options) => {
      steps.push(ids);
      return step(ids, options);
    },
    decode: (slot) => engine.decode(slot),
    closeSlot: (slot) => engine.closeSlot(slot),
  };
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const denoiser = new Denoiser({ engine: watched as Engine, scheduler, clock, revive, log });
  const make = (
    kind: number,
    id: string,
    changes: Partial<Picture> = {},
    signal = new AbortController().signal,
  ): Promise<RgbImage> => {
    const { slot: _, ...spec } = variedSpec(kind, id);
    const job = {
      id,
      account: `account-${kind}`,
      weight: 1,
      priority: "normal",
      bucket,
      bucketTokens: 50,
      steps: spec.steps,
      rowsPerStep: 1,
      latentBytes: 1000,
      concurrencyMax: 8,
    } as const;
    expect(scheduler.submit(job, clock.now())).toEqual({ admitted: true });
    const told = { onStarted: () => {}, onStep: () => {}, onWorked: () => {}, onDeath: () => {} };
    const picture: Picture = { job, spec: async () => spec, deaths: 0, ...told, wantsPreview: () => false, ...changes };
    return denoiser.make(picture, signal);
  };
  return { denoiser, scheduler, clock, costs, steps, lines, encoded, drawn, make };
}

export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
