import { aspectSize, chooseBucket } from "../core/bucket.ts";
import type { Clock } from "../core/clock.ts";
import type { RgbImage, Size } from "../core/image.ts";
import type { Engine } from "../engine/engine.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Bucket, CostBook } from "../scheduler/cost-book.ts";
import { limitsDefault } from "../scheduler/job.ts";
import { type Measurement, nextMeasurement } from "../scheduler/measuring.ts";
import { geometryOf, roundingOf } from "./plan.ts";

/** The engine must have had nothing to do for so long: whoever comes again in a moment is not made to wait. */
const quietMs = 3000;
const lookMs = 500;

export interface CostSurveyOptions {
  readonly engine: Engine;
  readonly costs: CostBook;
  readonly manifest: Manifest;
  /** Whether no edit wants the engine. */
  readonly isIdle: () => boolean;
  /** Milliseconds that it may take in all. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/** A geometry to measure, and what the engine is asked for. */
interface Site extends Bucket {
  readonly size: Size;
  readonly context?: { readonly image: RgbImage; readonly size: Size };
}

/**
 * Learns what steps of one and of several rows cost here, before people have to wait for it: in the idle time after a
 * start, coarse to fine, within its budget. An edit that comes meanwhile waits for the step under way and no more. What an
 * earlier life of the server measured is not measured again.
 */
export class CostSurvey {
  readonly #options: CostSurveyOptions;
  readonly #sites: readonly Site[];
  #spentMs = 0;
  #quietMs = 0;
  readonly #controller = new AbortController();
  #wake = () => {};
  #ended: Promise<void> = Promise.resolve();

  constructor(options: CostSurveyOptions) {
    this.#options = options;
    this.#sites = sitesOf(options.manifest);
  }

  start(): void {
    this.#ended = this.#run().catch((error: Error) => {
      if (!this.#stopped) this.#options.log(`measuring ended: ${error.message}`);
    });
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    this.#controller.abort();
    this.#wake();
    await this.#ended;
  }

  /** Resolves when there is nothing left to measure, or no budget for it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get #stopped(): boolean {
    return this.#controller.signal.aborted;
  }

  async #run(): Promise<void> {
    const { costs, budgetMs } = this.#options;
    for (;;) {
      await this.#quiet();
      if (this.#stopped) return;
      const budget = { buckets: this.#sites, rowsMax: limitsDefault.rowsMax, budgetMs, spentMs: this.#spentMs };
      const next = nextMeasurement(costs, budget);
      if (next === undefined) return;
      await this.#measure(next, this.#sites.find(({ bucket }) => bucket === next.bucket)!);
    }
  }

  async #quiet(): Promise<void> {
    while (!this.#stopped && this.#quietMs < quietMs) {
      await new Promise<void>((resolve) => {
        const callOff = this.#options.clock.after(lookMs, resolve);
        this.#wake = () => {
          callOff();
          resolve();
        };
      });
      this.#quietMs = this.#options.isIdle() ? this.#quietMs + lookMs : 0;
    }
  }

  async #measure({ rows, repeats }: Measurement, site: Site): Promise<void> {
    const { engine, costs, clock } = this.#options;
    const slots = Array.from({ length: rows }, (_, row) => `survey-${row}`);
    const started = clock.now();
    const { bucket, tokens } = site;
    try {
      for (const [row, slot] of slots.entries()) await this.#open(site, slot, repeats, row);
      for (let i = 0; i < repeats && this.#mayGoOn(); i += 1) {
        const { ms } = await engine.step(slots, { signal: this.#controller.signal });
        costs.observe({ kind: "step", bucket, tokens, rows, ms });
      }
      if (rows === 1 && this.#mayGoOn()) await this.#decode(site, slots[0]!);
    } finally {
      await Promise.all(slots.map((slot) => engine.closeSlot(slot)));
      this.#spentMs += clock.now() - started;
    }
  }

  async #open({ bucket, tokens, size, context }: Site, slot: string, repeats: number, row: number): Promise<void> {
    const { engine, costs, manifest, clock } = this.#options;
    const spec = {
      slot,
      size,
      prompt: "",
      steps: repeats + 1,
      guidance: manifest.defaults.guidance,
      seed: row,
      rounding: roundingOf(manifest),
    };
    const started = clock.now();
    await engine.openSlot({ ...spec, ...(context && { context }) }, this.#controller.signal);
    // The rows after the first find prompt and picture encoded.
    if (row === 0) costs.observe({ kind: "open", bucket, tokens, ms: clock.now() - started });
  }

  async #decode({ bucket, tokens }: Site, slot: string): Promise<void> {
    const { engine, costs, clock } = this.#options;
    const started = clock.now();
    await engine.decode(slot, this.#controller.signal);
    costs.observe({ kind: "decode", bucket, tokens, ms: clock.now() - started });
  }

  #mayGoOn(): boolean {
    if (!this.#options.isIdle()) this.#quietMs = 0;
    return !this.#stopped && this.#quietMs > 0;
  }
}

/** The square bucket with a picture and without; what others cost is scaled from them by tokens. */
function sitesOf(manifest: Manifest): Site[] {
  const size = chooseBucket(aspectSize("1:1", manifest.maxArea), manifest.buckets, "bfl");
  const grey = { ...size, data: new Uint8Array(size.width * size.height * 3).fill(128) };
  const site = (context?: Site["context"]): Site => {
    const request = { bucket: size, ...(context && { contextBucket: context.size }) };
    const { bucket, tokens } = geometryOf(request, manifest);
    return { bucket, tokens, size, ...(context && { context }) };
  };
  return [site({ image: grey, size }), site()];
}
