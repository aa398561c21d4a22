import { type Clock, nextTurn, pause } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import type { RgbImage, Size } from "../core/image.ts";
import type { Engine, NoiseSpec, SlotSpec, StepReport } from "../engine/engine.ts";
import type { Decision, Job } from "../scheduler/job.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

/** Engine deaths during the calls of one picture after which it is given up: it may be what kills the engine. */
export const deathsMax = 3;

/** Before an engine that has given up is asked to start again. */
const revivalMs = 10_000;

/** That a slot may be opening before its picture counts as started without a step. */
const quickOpeningMs = 50;

export interface PictureStep {
  /** Steps done and in all. */
  readonly step: number;
  readonly total: number;
  /** What the model foresees; never after the last step. */
  readonly preview?: RgbImage;
}

/** What the engine needs for one picture. */
export type PictureSpec = Omit<SlotSpec, "slot">;

/** One picture to be made. */
export interface Picture {
  readonly job: Job;
  /** Asked for each time that its slot is opened: decoded pixels are too large to wait with it. What it throws ends it. */
  readonly spec: () => Promise<PictureSpec>;
  /** Deaths so far, of earlier lives of the server too. */
  readonly deaths: number;
  /**
   * The engine works on it: called after each of its steps has been asked, and before, where opening its slot takes long. What
   * is stored then may hold the event loop, for nothing waits for it.
   */
  readonly onStarted: () => void;
  /** Called once the engine has been asked for what comes next: telling and storing keep it from nothing. */
  readonly onStep: (step: PictureStep) => void;
  /** The engine has worked on it: milliseconds, its share of a step that several pictures shared. */
  readonly onWorked: (ms: number) => void;
  /** The engine died in one of its calls, or failed it; how often so far, those of `deaths` included. */
  readonly onDeath: (deaths: number) => void;
  readonly wantsPreview: () => boolean;
}

interface Waiting {
  readonly picture: Picture;
  deaths: number;
  readonly resolve: (image: RgbImage) => void;
  readonly reject: (error: unknown) => void;
}

export interface DenoiserOptions {
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** Loads the model again after the engine has given up. */
  readonly revive: () => Promise<unknown>;
  readonly log: (message: string) => void;
}

/**
 * Carries out what the scheduler decides, one engine call after the other, and hands each picture to whoever waits for
 * it. The engine may die at any moment: then every picture is opened anew and comes out the same.
 */
export class Denoiser {
  readonly #engine: Engine;
  readonly #scheduler: Scheduler;
  readonly #options: DenoiserOptions;
  readonly #waiting = new Map<string, Waiting>();
  #deathsSeen: number;
  #driving = false;
  #batchSize = 1;
  readonly #closing = new AbortController();
  #foreseeing = false;

  constructor(options: DenoiserOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#scheduler = options.scheduler;
    this.#deathsSeen = options.engine.health.deaths;
  }

  /** Takes a picture back that the scheduler was told of. */
  withdraw(id: string): void {
    this.#scheduler.cancel(id);
  }

  /**
   * Makes a submitted picture, from its seed to its pixels. Rejects with `Refused` CANCELLED when the signal aborts, at
   * once; its row is free from the next step on.
   */
  make(picture: Picture, signal: AbortSignal): Promise<RgbImage> {
    const { id } = picture.job;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#forget(id);
        reject(new Refused("CANCELLED", "the edit was cancelled"));
      };
      if (signal.aborted) return abort();
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value) => {
          signal.removeEventListener("abort", abort);
          then(value);
        };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, { picture, deaths: picture.deaths, resolve: settle(resolve), reject: settle(reject) });
      this.#scheduler.release(id, this.#now());
      this.wake();
    });
  }

  /**
   * Has a picture encoded that an edit will name soon, so that it begins with its steps. Only while nothing wants the
   * engine, and one thing at a time: nobody waits for it, and an edit that comes meanwhile waits for no more than this one.
   *
   * @param size at which the model looks at it
   */
  foresee(image: RgbImage, size: Size): void {
    this.#foresee((engine) => engine.encodeImage(image, size));
  }

  /**
   * The same for a picture while its edit is stored and judged. Of one that is refused the engine keeps embeddings and noise,
   * and makes nothing.
   */
  foreseePicture({ prompt, seed, size, rounding }: NoiseSpec & Pick<PictureSpec, "prompt">): void {
    this.#foresee((engine) => Promise.all([engine.encodePrompt(prompt), engine.drawNoise({ seed, size, rounding })]));
  }

  #foresee(encode: (engine: Engine) => Promise<unknown>): void {
    if (!this.idle || this.#closed || this.#foreseeing) return;
    this.#foreseeing = true;
    // What fails is told of to the edit that needs it.
    const ended = () => {
      this.#foreseeing = false;
    };
    encode(this.#engine).then(ended, ended);
  }

  /** Looks for work; harmless at any time. */
  wake(): void {
    if (this.#driving || this.#closed) return;
    this.#driving = true;
    void this.#drive();
  }

  /** Starts nothing more; what runs in the engine is left to itself. */
  close(): void {
    this.#closing.abort();
  }

  /** Whether nothing wants the engine. */
  get idle(): boolean {
    return !this.#driving;
  }

  /** Pictures that the last step carried. */
  get batchSize(): number {
    return this.#batchSize;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #drive(): Promise<void> {
    try {
      while (!this.#closed) {
        const decision = this.#scheduler.next(this.#now());
        if (decision.kind === "idle") return;
        const ids = decision.kind === "step" ? decision.ids : [decision.id];
        // A death while nothing was asked is nobody's fault.
        if (this.#hasDied) this.#loseAll();
        else await this.#carryOut(decision).catch((error) => this.#recover(error, ids));
      }
    } catch (error) {
      this.#abandon(error);
    } finally {
      // In the same turn as the last question: whoever comes after it must find that nobody drives.
      this.#driving = false;
    }
  }

  /** After a bug of ours: whoever waits is told, for nobody would serve them, and who comes later finds nothing begun. */
  #abandon(error: unknown): void {
    this.#options.log(`a bug ended the work on every picture: ${error}`);
    this.#loseAll();
    for (const id of [...this.#waiting.keys()]) this.#reject(id, error);
  }

  async #carryOut(decision: Exclude<Decision, { kind: "idle" }>): Promise<void> {
    switch (decision.kind) {
      case "open":
        return this.#open(decision.id);
      case "step":
        return this.#step(decision.ids);
      case "decode":
        return this.#decode(decision.id);
      case "close":
        return this.#engine.closeSlot(decision.id);
    }
  }

  async #open(id: string): Promise<void> {
    const waiting = this.#waiting.get(id)!;
    const { picture } = waiting;
    const isStillWaiting = () => this.#waiting.get(id) === waiting;
    const spec = await picture.spec().catch((error: unknown) => {
      if (isStillWaiting()) this.#reject(id, error);
    });
    // Of what was given up or called off meanwhile the scheduler awaits no report.
    if (spec === undefined || !isStillWaiting()) return;
    const started = this.#now();
    const callOff = this.#options.clock.after(quickOpeningMs, picture.onStarted);
    const opened = await this.#engine.openSlot({ ...spec, slot: id }).finally(callOff);
    const ms = this.#now() - started;
    picture.onWorked(ms);
    // Opened by the next engine, which came while the pixels were hashed: begun anew with all the others.
    const outlived = this.#hasDied;
    if (outlived) this.#loseAll();
    if (outlived || !isStillWaiting()) return this.#engine.closeSlot(id).catch(() => {});
    const { rows, step, steps, tokens } = opened;
    const rowTokens = tokens.text + tokens.target + tokens.context;
    this.#scheduler.opened(id, { rows, step, steps, tokens: rowTokens, ms });
  }

  async #step(ids: readonly string[]): Promise<void> {
    const previews = ids.filter((id) => this.#waiting.get(id)?.picture.wantsPreview());
    const started = this.#now();
    const stepping = this.#engine.step(ids, { previews });
    this.#batchSize = ids.length;
    // Kept for those that are called off meanwhile: the engine has worked on them all the same.
    const pictures = new Map(ids.map((id) => [id, this.#waiting.get(id)?.picture]));
    for (const picture of pictures.values()) picture?.onStarted();
    const report = await stepping;
    const ms = this.#now() - started;
    for (const picture of pictures.values()) picture?.onWorked(ms / ids.length);
    const done = report.slots.filter((slot) => slot.done).map(({ slot }) => slot);
    this.#scheduler.stepped(ids, { ms, done });
    void nextTurn().then(() => {
      for (const slot of report.slots) {
        const picture = this.#waiting.get(slot.slot)?.picture;
        // One that was called off and has come again meanwhile has made no step yet.
        if (picture === pictures.get(slot.slot)) this.#tell(picture, slot);
      }
    });
  }

  #tell(picture: Picture | undefined, { step, done, preview }: StepReport["slots"][number]): void {
    // After the last step it would be the result itself, before any filter has seen it.
    picture?.onStep({ step, total: picture.job.steps, ...(preview && !done && { preview }) });
  }

  async #decode(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    const started = this.#now();
    const image = await this.#engine.decode(id);
    const now = this.#now();
    this.#scheduler.decoded(id, now - started, now);
    waiting?.picture.onWorked(now - started);
    // One that was called off and has come again meanwhile is made again from its beginning.
    if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    waiting?.resolve(image);
    await this.#engine.closeSlot(id);
  }

  /** After a failed call for these pictures: all begin anew after a death, these alone after an error of their own. */
  async #recover(error: unknown, ids: readonly string[]): Promise<void> {
    // First of all: while the scheduler awaits a report of the failed call it can be asked for nothing else.
    this.#scheduler.lost(ids);
    if (this.#engine.health.state === "down") return this.#outwait(error);
    if (error instanceof Refused || !(error instanceof Failed)) {
      for (const id of ids) this.#reject(id, error);
      return;
    }
    this.#options.log(`engine: ${error.message}`);
    // What is on its way, such as the exit of an engine, comes in first: trying on at once would keep it out.
    if (!this.#hasDied) await nextTurn();
    for (const id of ids) this.#blame(id, error);
    if (this.#hasDied) this.#loseAll();
    if (!error.retryable) await this.#revive();
  }

  /** While the engine is down no call reaches one, whatever it fails of: nobody is blamed or rejected, and all wait. */
  async #outwait(error: unknown): Promise<void> {
    this.#options.log(`engine: ${error instanceof Error ? error.message : error}`);
    if (this.#hasDied) this.#loseAll();
    await this.#revive();
  }

  /** One more death for a picture; the next try is alone, so that the innocent are told from the guilty. */
  #blame(id: string, cause: Failed): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.deaths += 1;
    waiting.picture.onDeath(waiting.deaths);
    if (waiting.deaths >= deathsMax) {
      const message = `the engine failed ${deathsMax} times on this edit; it will not be tried again`;
      this.#reject(id, new Failed("ENGINE_FAILED", message, { retryable: false, cause }));
      return;
    }
    void this.#engine.closeSlot(id).catch(() => {});
    this.#scheduler.isolate(id);
  }

  /** Whether the engine has died and the scheduler does not know it yet. */
  get #hasDied(): boolean {
    return this.#engine.health.deaths > this.#deathsSeen;
  }

  #loseAll(): void {
    this.#deathsSeen = this.#engine.health.deaths;
    this.#scheduler.lost("all");
  }

  async #revive(): Promise<void> {
    await pause(this.#options.clock, revivalMs, this.#closing.signal);
    if (this.#closed) return;
    await this.#options.revive().catch((error: Error) => this.#options.log(`engine: ${error.message}`));
  }

  #reject(id: string, error: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#forget(id);
    waiting?.reject(error);
  }

  #forget(id: string): void {
    this.#waiting.delete(id);
    this.#scheduler.cancel(id);
    void this.#engine.closeSlot(id).catch(() => {});
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
