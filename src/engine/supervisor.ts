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
  /** Which child opened a slot. */
  readonly #owners = new Map<string, EngineProcess | undefined>();
  #loads: Promise<unknown> = Promise.resolve();
  #stagings: Promise<unknown> = Promise.resolve();
  #endPause: () => void = () => {};
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

  load(folder: string, options: LoadOptions, signal?: AbortSignal): Promise<LoadReport> {
    const { providers, deviceId, threads, cacheBytes = cacheBytesDefault, stagedBytes = stagedBytesDefault } = options;
    const model = { folder, providers: [...providers], deviceId, threads, cacheBytes, stagedBytes };
    const loaded = this.#loads.then(() => this.#load(model));
    this.#loads = loaded.catch(() => {});
    return whileNot(signal, loaded);
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
    try {
      const opened = await this.#callStaged("openSlot", body, pixels, signal);
      this.#owners.set(spec.slot, this.#process);
      return opened;
    } catch (error) {
      // The child may have opened it all the same, or be about to.
      if (error instanceof Refused && error.code === "CANCELLED") void this.closeSlot(spec.slot).catch(() => {});
      throw error;
    }
  }

  async step(slots: readonly string[], signal?: AbortSignal): Promise<StepReport> {
    return this.#callOn(slots, "step", { slots: [...slots] }, signal);
  }

  async decode(slot: string, signal?: AbortSignal): Promise<RgbImage> {
    const { width, height, part } = await this.#callOn([slot], "decode", { slot, offset: 0 }, signal);
    const data = new Uint8Array(width * height * 3);
    data.set(part);
    for (let offset = part.length; offset < data.length; ) {
      const next = await this.#callOn([slot], "decode", { slot, offset }, signal);
      data.set(next.part, offset);
      offset += next.part.length;
    }
    return { width, height, data };
  }

  async closeSlot(slot: string): Promise<void> {
    this.#owners.delete(slot);
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
    this.#endPause();
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

  /** Loads are made one after the other. A start under way may be of another model: it is waited for, whatever comes of it. */
  async #load(model: Body<"load">): Promise<LoadReport> {
    await this.#ready?.catch(() => {});
    this.#mustBeOpen();
    const child = this.#process;
    if (child === undefined || this.#state !== "up") {
      this.#model = model;
      this.#failedStarts = 0;
      this.#ready = this.#start();
      return this.#ready;
    }
    const before = this.#model!;
    this.#model = model;
    try {
      return await child.call("load", model);
    } catch (error) {
      // The child gives up its model before it opens another; what worked is brought back.
      this.#model = before;
      if (this.#process === child) await child.call("load", before).catch(() => child.kill());
      throw error;
    }
  }

  /** A child with the model loaded, tried again with growing pauses until it stands or `startsMax` starts have failed. */
  async #start(): Promise<LoadReport> {
    for (;;) {
      this.#mustBeOpen();
      this.#state = "starting";
      try {
        return await this.#startOnce();
      } catch (error) {
        // One that answered with an error is still alive.
        this.#process?.kill();
        if (error instanceof Refused || (error instanceof Failed && !error.retryable)) return this.#giveUp(error);
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

  /** A call on slots that must belong to the child that is up: those of a dead one are gone, which is nobody's mistake. */
  async #callOn<Name extends RequestName>(
    slots: readonly string[],
    name: Name,
    body: Body<Name>,
    signal?: AbortSignal,
  ) {
    if (this.#ready !== undefined) await whileNot(signal, this.#ready);
    const lost = slots.find((slot) => this.#owners.has(slot) && this.#owners.get(slot) !== this.#process);
    if (lost !== undefined) {
      throw new Failed("ENGINE_FAILED", `slot "${lost}" died with the engine (${this.#lastDeath}); open it anew`, {
        retryable: true,
      });
    }
    return this.#call(name, body, signal);
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
          if (digests.includes(digest)) await this.#stage(one, digest, signal);
        }
      }
    }
  }

  /** Images arrive one after the other: the child assembles one at a time. */
  #stage(pixels: Pixels, digest: string, signal?: AbortSignal): Promise<void> {
    const staged = this.#stagings.then(() => stage(pixels, digest, (part) => this.#call("stage", part, signal)));
    this.#stagings = staged.catch(() => {});
    return staged;
  }

  async #digest(pixels: Pixels): Promise<string> {
    const digest = this.#digests.get(pixels) ?? (await digestOf(pixels));
    this.#digests.set(pixels, digest);
    return digest;
  }

  /** Ends early when the engine is shut down. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      this.#endPause = () => {
        callOff();
        resolve();
      };
    });
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
