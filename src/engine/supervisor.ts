import { type Clock, wallClock } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import type { RgbImage, Size } from "../core/image.ts";
import { EngineProcess } from "./child-process.ts";
import { digestOf, type Pixels } from "./digest.ts";
import type {
  EncodeReport,
  Engine,
  EngineHealth,
  EngineState,
  EngineStatus,
  LoadOptions,
  LoadReport,
  MaskCrop,
  SlotOpened,
  SlotSpec,
  StepReport,
} from "./engine.ts";
import { cacheBytesDefault, stagedBytesDefault } from "./limits.ts";
import type { Body, RequestName, Results } from "./protocol.ts";
import { stage } from "./stage.ts";
import { NotStaged } from "./wire-error.ts";

export interface SupervisorOptions {
  /** Gets what the child prints and what happens to it, line by line; never prompts or pixels. */
  readonly log?: (line: string) => void;
  readonly clock?: Clock;
}

/** Before the first restart, doubled for each further death during start-up. */
const restartMs = 50;
const restartMsMax = 5_000;
/** Deaths during start-up in a row after which nothing is tried any more. */
const startsMax = 5;
/** After the shutdown message, before the child is killed. A run that goes on is not waited for. */
const graceMs = 2_000;
/** Times that missing pixels are staged for one call: once as usual, once more if they were evicted meanwhile. */
const stagingsMax = 2;

/** The engine in a child process, started again when it dies. */
export class Supervisor implements Engine {
  readonly #log: (line: string) => void;
  readonly #clock: Clock;
  readonly #digests = new WeakMap<Pixels, string>();
  #state: EngineState = "down";
  #process: EngineProcess | undefined;
  #model: Body<"load"> | undefined;
  /** Settles when the current start, or restart, has come to an end. */
  #ready: Promise<LoadReport> | undefined;
  #deaths = 0;
  #lastDeath: string | undefined;
  #failedStarts = 0;
  #onExit: () => void = () => {};

  constructor({ log = () => {}, clock = wallClock }: SupervisorOptions = {}) {
    this.#log = log;
    this.#clock = clock;
  }

  get health(): EngineHealth {
    const pid = this.#process?.pid;
    return {
      state: this.#state,
      deaths: this.#deaths,
      ...(pid === undefined ? {} : { pid }),
      ...(this.#lastDeath === undefined ? {} : { lastDeath: this.#lastDeath }),
    };
  }

  async load(folder: string, options: LoadOptions, signal?: AbortSignal): Promise<LoadReport> {
    const { providers, deviceId, threads, cacheBytes = cacheBytesDefault, stagedBytes = stagedBytesDefault } = options;
    const model = { folder, providers: [...providers], deviceId, threads, cacheBytes, stagedBytes };
    // A start under way may be of another model: it is waited for, whatever comes of it.
    if (this.#ready !== undefined)
      await whileNot(
        signal,
        this.#ready.catch(() => {}),
      );
    this.#mustBeOpen();
    if (this.#process !== undefined && this.#state === "up") {
      const report = await this.#process.call("load", model, signal);
      this.#model = model;
      return report;
    }
    this.#model = model;
    this.#failedStarts = 0;
    this.#ready ??= this.#start();
    return whileNot(signal, this.#ready);
  }

  async encodePrompt(prompt: string, signal?: AbortSignal): Promise<EncodeReport> {
    return this.#call("encodePrompt", { prompt }, signal);
  }

  async encodeImage(image: RgbImage, size: Size, crop?: MaskCrop, signal?: AbortSignal): Promise<EncodeReport> {
    const body = {
      image: await this.#digest(image),
      size,
      ...(crop && {
        crop: { mask: await this.#digest(crop.mask), outputSize: crop.outputSize, padding: crop.padding },
      }),
    };
    return this.#callStaged("encodeImage", body, crop ? [image, crop.mask] : [image], signal);
  }

  async openSlot(spec: SlotSpec, signal?: AbortSignal): Promise<SlotOpened> {
    const { context, inpainting, ...rest } = spec;
    const body = {
      ...rest,
      ...(context && { context: { image: await this.#digest(context.image), size: context.size } }),
      ...(inpainting && {
        inpainting: {
          ...inpainting,
          image: await this.#digest(inpainting.image),
          mask: await this.#digest(inpainting.mask),
        },
      }),
    };
    const pixels = [context?.image, inpainting?.image, inpainting?.mask].filter((one) => one !== undefined);
    return this.#callStaged("openSlot", body, pixels, signal);
  }

  async step(slots: readonly string[], signal?: AbortSignal): Promise<StepReport> {
    return this.#call("step", { slots: [...slots] }, signal);
  }

  async decode(slot: string, signal?: AbortSignal): Promise<RgbImage> {
    return this.#call("decode", { slot }, signal);
  }

  async closeSlot(slot: string): Promise<void> {
    if (this.#state === "up") await this.#call("closeSlot", { slot });
  }

  async status(signal?: AbortSignal): Promise<EngineStatus> {
    if (this.#state !== "up") return this.health;
    const child = await this.#call("status", {}, signal);
    return { ...this.health, child };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    const child = this.#process;
    if (child === undefined) return;
    const exited = new Promise<void>((resolve) => {
      this.#onExit = resolve;
    });
    const callOff = this.#clock.after(graceMs, () => child.kill());
    void child.call("shutDown", {}).catch(() => {});
    await exited;
    callOff();
  }

  /** A child with the model loaded, tried again with growing pauses until it stands or `startsMax` starts have failed. */
  async #start(): Promise<LoadReport> {
    for (;;) {
      this.#mustBeOpen();
      this.#state = "starting";
      try {
        return await this.#startOnce();
      } catch (error) {
        if (error instanceof Refused) return this.#giveUp(error);
        this.#failedStarts += 1;
        if (this.#failedStarts >= startsMax) {
          const message = `the engine died ${startsMax} times while starting: ${this.#lastDeath}`;
          return this.#giveUp(new Failed("ENGINE_FAILED", message, { retryable: false, cause: error }));
        }
        await this.#pause(Math.min(restartMsMax, restartMs * 2 ** this.#failedStarts));
      }
    }
  }

  async #startOnce(): Promise<LoadReport> {
    const child = new EngineProcess(this.#log, (reason) => this.#died(child, reason));
    this.#process = child;
    const report = await child.call("load", this.#model!);
    this.#mustBeOpen();
    this.#state = "up";
    this.#failedStarts = 0;
    this.#ready = undefined;
    this.#log(`engine ${child.pid} is up: ${report.name}`);
    return report;
  }

  #giveUp(error: Error): never {
    this.#ready = undefined;
    if (this.#state !== "closed") this.#state = "down";
    this.#log(`engine is down: ${error.message}`);
    this.#process?.kill();
    throw error;
  }

  #died(child: EngineProcess, reason: string): void {
    if (this.#process === child) this.#process = undefined;
    this.#onExit();
    if (this.#state === "closed" || this.#state === "down") return;
    this.#deaths += 1;
    this.#lastDeath = reason;
    this.#log(`engine ${child.pid} died: ${reason}`);
    // A death while starting is met by the loop that started it.
    if (this.#state !== "up") return;
    this.#state = "waiting";
    this.#ready = this.#pause(restartMs).then(() => this.#start());
    // Those who wait for it get the error; nobody waiting must not end the process.
    this.#ready.catch(() => {});
  }

  async #call<Name extends RequestName>(name: Name, body: Body<Name>, signal?: AbortSignal): Promise<Results[Name]> {
    this.#mustBeOpen();
    if (this.#ready !== undefined) await whileNot(signal, this.#ready);
    if (this.#process === undefined || this.#state !== "up") {
      throw new Failed(
        "ENGINE_FAILED",
        `the engine is ${this.#state}: ${this.#lastDeath ?? "no model has been loaded"}`,
        { retryable: false },
      );
    }
    return this.#process.call(name, body, signal);
  }

  /** A call whose pixels are staged when the child says that it lacks them. */
  async #callStaged<Name extends RequestName>(
    name: Name,
    body: Body<Name>,
    pixels: readonly Pixels[],
    signal?: AbortSignal,
  ) {
    for (let stagings = 0; ; stagings += 1) {
      try {
        return await this.#call(name, body, signal);
      } catch (error) {
        if (!(error instanceof NotStaged) || stagings >= stagingsMax) throw error;
        const { digests } = error;
        for (const one of pixels) {
          const digest = await this.#digest(one);
          if (digests.includes(digest)) await stage(one, digest, (part) => this.#call("stage", part, signal));
        }
      }
    }
  }

  async #digest(pixels: Pixels): Promise<string> {
    const digest = this.#digests.get(pixels) ?? (await digestOf(pixels));
    this.#digests.set(pixels, digest);
    return digest;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }

  #mustBeOpen(): void {
    if (this.#state === "closed")
      throw new Failed("ENGINE_FAILED", "the engine has been shut down", { retryable: false });
  }
}

/** Waits for work that others wait for too; an abort ends this wait alone. */
async function whileNot<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(new Refused("CANCELLED", "cancelled"));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
