import type { Bucket, CostBook } from "./cost-book.ts";
import type { Entry } from "./entry.ts";
import type { Job } from "./job.ts";

/** Work outstanding in one bucket. */
interface BucketWork {
  readonly bucket: string;
  tokens: number;
  /** Edits. */
  jobs: number;
  /** Rows that they put into a step together. */
  rows: number;
  /** Rows times steps left. */
  rowSteps: number;
  toOpen: number;
  toDecode: number;
}

/** Sums of the work outstanding, kept up to date edit by edit. */
export class Backlog {
  readonly #work = new Map<string, BucketWork>();
  readonly #costs: CostBook;
  readonly #rowsMax: number;

  constructor(costs: CostBook, rowsMax: number) {
    this.#costs = costs;
    this.#rowsMax = rowsMax;
  }

  get buckets(): Iterable<BucketWork> {
    return this.#work.values();
  }

  add(entry: Entry): void {
    this.#count(entry, 1);
  }

  remove(entry: Entry): void {
    this.#count(entry, -1);
  }

  /**
   * Milliseconds until all of it is done, at the throughput that each bucket has with what is in it; with `more`, as if
   * these were in it too.
   */
  ms(more: readonly Job[] = []): number {
    const all = new Map(this.#work);
    for (const job of more)
      all.set(job.bucket, plus(all.get(job.bucket) ?? noWork({ bucket: job.bucket, tokens: job.bucketTokens }), job));
    let ms = 0;
    for (const work of all.values()) ms += this.#bucketMs(work);
    return ms;
  }

  #bucketMs(work: BucketWork): number {
    const stepping = work.rowSteps * this.#costs.rowMsLeast(work, Math.max(1, Math.min(work.rows, this.#rowsMax)));
    return stepping + work.toOpen * this.#costs.openMs(work) + work.toDecode * this.#costs.decodeMs(work);
  }

  #count(entry: Entry, sign: 1 | -1): void {
    const bucket = entry.job.bucket;
    let work = this.#work.get(bucket);
    if (work === undefined) {
      work = noWork({ bucket, tokens: entry.tokens });
      this.#work.set(bucket, work);
    }
    work.tokens = entry.tokens;
    work.jobs += sign;
    work.rows += sign * entry.rows;
    work.rowSteps += sign * entry.rows * entry.stepsLeft;
    if (entry.state === "held" || entry.state === "waiting" || entry.state === "opening") work.toOpen += sign;
    work.toDecode += sign;
    if (work.jobs === 0) this.#work.delete(bucket);
  }
}

function noWork({ bucket, tokens }: Bucket): BucketWork {
  return { bucket, tokens, jobs: 0, rows: 0, rowSteps: 0, toOpen: 0, toDecode: 0 };
}

function plus(work: BucketWork, { rowsPerStep, steps }: Job): BucketWork {
  return {
    ...work,
    rows: work.rows + rowsPerStep,
    rowSteps: work.rowSteps + rowsPerStep * steps,
    toOpen: work.toOpen + 1,
    toDecode: work.toDecode + 1,
  };
}
