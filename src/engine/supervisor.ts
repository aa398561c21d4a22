import { type Clock, wallClock } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import type { RgbImage, Size } from "../core/image.ts";
import { inTurn } from "../core/in-turn.ts";
import type { EngineProcess } from "./child-process.ts";
import { digestOf, type Pixels } from "./digest.ts";
import type {
  ClassifyReport,
  EncodeReport,
  Engine,
  EngineHealth,
  EngineStatus,
  LoadOptions,
  LoadReport,
  MaskCrop,
  NoiseSpec,
  SlotOpened,
  SlotSpec,
  StepOptions,
  StepReport,
} from "./engine.ts";
import { Keeper } from "./keeper.ts";
import { cacheBytesDefault, stagedBytesDefault } from "./limits.ts";
import type { Body, RequestName, Results } from "./protocol.ts";
import { stage } from "./stage.ts";
import { whileNot } from "./waiting.ts";
import { NotStaged } from "./wire-error.ts";

export interface SupervisorOptions {
  /** Gets what the child prints and what happens to it, line by line; never prompts or pixels. */
  readonly log?: (line: string) => void;
  readonly clock?: Clock;
}

/** Times that missing pixels are staged for one call: once as usual, once more if they were evicted meanwhile. */
const stagingsMax = 2;

/** The engine in a child process, started again when it dies. */
export class Supervisor implements Engine {
  readonly #keeper: Keeper;
  readonly #digests = new WeakMap<Pixels, string>();
  /** Which child opened a slot. */
  readonly #owners = new Map<string, EngineProcess>();
  /** The child assembles one image at a time, and hands one out at a time. */
  readonly #stagings = inTurn();
  readonly #decodings = inTurn();

  constructor({ log = () => {}, clock = wallClock }: SupervisorOptions = {}) {
    this.#keeper = new Keeper(log, clock);
  }

  get health(): EngineHealth {
    return this.#keeper.health;
  }

  load(folder: string, options: LoadOptions, signal?: AbortSignal): Promise<LoadReport> {
    const { digest, providers, deviceId, threads } = options;
    const { cacheBytes = cacheBytesDefault, stagedBytes = stagedBytesDefault } = options;
    const body = { folder, providers: [...providers], deviceId, threads, cacheBytes, stagedBytes };
    return this.#keeper.load({ ...body, ...(digest !== undefined && { digest }) }, signal);
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
    return (await this.#callStaged("encodeImage", body, crop ? [image, crop.mask] : [image], signal)).result;
  }

  async drawNoise(spec: NoiseSpec, signal?: AbortSignal): Promise<void> {
    await this.#call("drawNoise", spec, signal);
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
      const { child, result } = await this.#callStaged("openSlot", body, pixels, signal);
      this.#owners.set(spec.slot, child);
      return result;
    } catch (error) {
      // The child may have opened it all the same, or be about to.
      if (error instanceof Refused && error.code === "CANCELLED") void this.closeSlot(spec.slot).catch(() => {});
      throw error;
    }
  }

  async step(slots: readonly string[], { previews = [], signal }: StepOptions = {}): Promise<StepReport> {
    const child = await this.#ownerOf(slots, signal);
    const asked = previews.length === 0 ? {} : { previews: [...previews] };
    return child.call("step", { slots: [...slots], ...asked }, signal);
  }

  decode(slot: string, signal?: AbortSignal): Promise<RgbImage> {
    const decoded = this.#decodings(async () => {
      const child = await this.#ownerOf([slot], signal);
      const { width, height, part } = await child.call("decode", { slot, offset: 0 }, signal);
      const data = new Uint8Array(width * height * 3);
      data.set(part);
      for (let offset = part.length; offset < data.length; ) {
        const next = await child.call("decode", { slot, offset }, signal);
        data.set(next.part, offset);
        offset += next.part.length;
      }
      return { width, height, data };
    });
    return whileNot(signal, decoded);
  }

  async closeSlot(slot: string): Promise<void> {
    this.#owners.delete(slot);
    if (this.health.state === "up") await this.#call("closeSlot", { slot });
  }

  async classify(folder: string, image: RgbImage, signal?: AbortSignal): Promise<ClassifyReport> {
    const body = { folder, image: await this.#digest(image) };
    return (await this.#callStaged("classify", body, [image], signal)).result;
  }

  async status(signal?: AbortSignal): Promise<EngineStatus> {
    if (this.health.state !== "up") return this.health;
    const child = await this.#call("status", {}, signal);
    return { ...this.health, child };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]();
  }

  async #call<Name extends RequestName>(name: Name, body: Body<Name>, signal?: AbortSignal): Promise<Results[Name]> {
    return (await this.#keeper.up(signal)).call(name, body, signal);
  }

  /** The child that is up, which must be the one that opened these slots: those of a dead one are nobody's mistake. */
  async #ownerOf(slots: readonly string[], signal?: AbortSignal): Promise<EngineProcess> {
    const child = await this.#keeper.up(signal);
    const lost = slots.find((slot) => (this.#owners.get(slot) ?? child) !== child);
    if (lost === undefined) return child;
    const message = `slot "${lost}" died with the engine (${this.health.lastDeath}); open it anew`;
    throw new Failed("ENGINE_FAILED", message, { retryable: true });
  }

  /** A call whose pixels are staged when the child says that it lacks them; gives the child that answered, too. */
  async #callStaged<Name extends RequestName>(
    name: Name,
    body: Body<Name>,
    pixels: readonly Pixels[],
    signal?: AbortSignal,
  ): Promise<{ readonly child: EngineProcess; readonly result: Results[Name] }> {
    for (let stagings = 0; ; stagings += 1) {
      const child = await this.#keeper.up(signal);
      try {
        return { child, result: await child.call(name, body, signal) };
      } catch (error) {
        if (!(error instanceof NotStaged) || stagings >= stagingsMax) throw error;
        const { digests } = error;
        for (const one of pixels) {
          const digest = await this.#digest(one);
          if (digests.includes(digest)) {
            await this.#stagings(() => stage(one, digest, (part) => this.#call("stage", part, signal)));
          }
        }
      }
    }
  }

  async #digest(pixels: Pixels): Promise<string> {
    const digest = this.#digests.get(pixels) ?? (await digestOf(pixels));
    this.#digests.set(pixels, digest);
    return digest;
  }
}
