import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { Curve, type CurvePoint, RecentMedian } from "./curve.ts";

/** What a cost depends on beside the bucket: of another model or device nothing can be learned. */
export interface CostKey {
  /** Digest of the model. */
  readonly model: string;
  readonly provider: string;
  /** Names the device so that another one differs: a GPU's or a processor's name, and the number of threads. */
  readonly device: string;
}

/** A geometry: edits of the same one may share a step. */
export interface Bucket {
  readonly bucket: string;
  /** Tokens of one row: text, target and context. */
  readonly tokens: number;
}

export type Observation =
  | (Bucket & { readonly kind: "step"; readonly rows: number; readonly ms: number })
  | (Bucket & { readonly kind: "open" | "decode"; readonly ms: number });

interface Costs {
  tokens: number;
  readonly step: Curve;
  readonly open: RecentMedian;
  readonly decode: RecentMedian;
}

const version = 1;

/**
 * Milliseconds per token and row of a step before anything was measured; a small model on a slow processor. The first real
 * step corrects it.
 */
const msPerTokenGuess = 0.5;

/** Steps that an opening or a decoding is taken to last before one was seen. */
const stepsPerCodingGuess = 1;

/**
 * What a step, an opening (encoders and noise) and a decoding cost, by bucket, for one model on one provider and device;
 * learned from what was observed. A bucket never seen is scaled by tokens from the nearest that was.
 */
export class CostBook {
  #key: CostKey;
  readonly #buckets = new Map<string, Costs>();

  constructor(key: CostKey) {
    this.#key = key;
  }

  get key(): CostKey {
    return this.#key;
  }

  /** Measures anew on another provider: an engine that was started again may have had to pass the first one over. */
  moveTo(provider: string): void {
    if (provider === this.#key.provider) return;
    this.#key = { ...this.#key, provider };
    this.#buckets.clear();
  }

  /** Milliseconds of one step of `rows` rows. */
  stepMs(bucket: Bucket, rows: number): number {
    return this.#buckets.get(bucket.bucket)?.step.ms(rows) ?? this.#scaled(bucket, rows);
  }

  /** Milliseconds that a row costs in the step of up to `rowsMax` rows that has the best throughput. */
  rowMsLeast(bucket: Bucket, rowsMax: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let rows = 1; rows <= rowsMax; rows += 1) least = Math.min(least, this.stepMs(bucket, rows) / rows);
    return least;
  }

  /** Milliseconds of making an edit ready to step. */
  openMs(bucket: Bucket): number {
    return this.#codingMs(bucket, "open");
  }

  /** Milliseconds of decoding a finished edit. */
  decodeMs(bucket: Bucket): number {
    return this.#codingMs(bucket, "decode");
  }

  /** Milliseconds of a whole edit that has the engine to itself. */
  soloMs(bucket: Bucket, steps: number, rows: number): number {
    return this.openMs(bucket) + steps * this.stepMs(bucket, rows) + this.decodeMs(bucket);
  }

  /** Takes in one real call. Durations that cannot be (negative, not finite) are passed over. */
  observe(seen: Observation): void {
    if (!(seen.ms >= 0 && Number.isFinite(seen.ms))) return;
    const expectedMs = seen.kind === "step" && this.#anySteps() ? this.stepMs(seen, seen.rows) : undefined;
    const costs = this.#buckets.get(seen.bucket) ?? emptyCosts(seen.tokens);
    costs.tokens = seen.tokens;
    this.#buckets.set(seen.bucket, costs);
    if (seen.kind === "step") costs.step.observe(seen.rows, Math.max(seen.ms, minMs), expectedMs);
    else costs[seen.kind].observe(seen.ms);
  }

  /** The measured curve of a bucket; empty where it was never run. */
  curve(bucket: string): readonly CurvePoint[] {
    return this.#buckets.get(bucket)?.step.points ?? [];
  }

  /** Of every bucket that was run, by its name. */
  get curves(): ReadonlyMap<string, readonly CurvePoint[]> {
    return new Map([...this.#buckets].map(([bucket, { step }]) => [bucket, step.points]));
  }

  /** Whether a step of exactly so many rows was ever seen. */
  measured(bucket: string, rows: number): boolean {
    return this.#buckets.get(bucket)?.step.measured(rows) ?? false;
  }

  toJSON(): CostBookJson {
    const buckets = [...this.#buckets].map(([bucket, { tokens, step, open, decode }]) => ({
      bucket,
      tokens,
      step: step.toJSON(),
      open: open.toJSON(),
      decode: decode.toJSON(),
    }));
    return { version, ...this.key, buckets };
  }

  /** A book as `toJSON` left it. `Refused` BAD_INPUT when it is none; an empty one when it is another device's. */
  static fromJSON(json: unknown, key: CostKey): CostBook {
    const { success, data } = costBookJson.safeParse(json);
    if (!success) throw new Refused("BAD_INPUT", `not a cost book of version ${version}; delete it to measure anew`);
    const book = new CostBook(key);
    if (data.model !== key.model || data.provider !== key.provider || data.device !== key.device) return book;
    for (const { bucket, tokens, step, open, decode } of data.buckets) {
      const costs = { tokens, step: new Curve(step), open: new RecentMedian(open), decode: new RecentMedian(decode) };
      book.#buckets.set(bucket, costs);
    }
    return book;
  }

  #anySteps(): boolean {
    for (const { step } of this.#buckets.values()) if (step.points.length > 0) return true;
    return false;
  }

  #codingMs(bucket: Bucket, kind: "open" | "decode"): number {
    const own = this.#buckets.get(bucket.bucket)?.[kind].value;
    if (own !== undefined) return own;
    const near = this.#nearest(bucket.tokens, (costs) => costs[kind].value !== undefined);
    if (near === undefined) return stepsPerCodingGuess * this.stepMs(bucket, 1);
    return (near[kind].value! * bucket.tokens) / near.tokens;
  }

  /** Rows of this bucket weigh as their tokens do in the nearest measured one. */
  #scaled({ tokens }: Bucket, rows: number): number {
    const near = this.#nearest(tokens, ({ step }) => step.points.length > 0);
    return near?.step.ms((rows * tokens) / near.tokens) ?? msPerTokenGuess * tokens * rows;
  }

  #nearest(tokens: number, usable: (costs: Costs) => boolean): Costs | undefined {
    let nearest: Costs | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const costs of this.#buckets.values()) {
      const distance = Math.abs(Math.log(costs.tokens / tokens));
      if (!usable(costs) || distance >= least) continue;
      nearest = costs;
      least = distance;
    }
    return nearest;
  }
}

/** A step of less is a clock's grain; zero would make rows free. */
const minMs = 0.001;

function emptyCosts(tokens: number): Costs {
  return { tokens, step: new Curve(), open: new RecentMedian(), decode: new RecentMedian() };
}

const durations = z.array(z.number().nonnegative());
const costBookJson = z.object({
  version: z.literal(version),
  model: z.string(),
  provider: z.string(),
  device: z.string(),
  buckets: z.array(
    z.object({
      bucket: z.string(),
      tokens: z.number().positive(),
      /** Rows, and the latest milliseconds seen with so many. */
      step: z.array(z.tuple([z.number().int().positive(), z.array(z.number().positive())])),
      open: durations,
      decode: durations,
    }),
  ),
});

export type CostBookJson = z.infer<typeof costBookJson>;
