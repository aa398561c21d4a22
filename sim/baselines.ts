import type { Job } from "../src/scheduler/job.ts";
import type { Move, Policy } from "./policy.ts";

const admitted = { admitted: true } as const;

/** First come, first served, one at a time: what diffusers behind a queue does. */
export function fifo(): Policy {
  return requestBatches({ editsMax: 1, delayMs: 0 });
}

export interface RequestBatchOptions {
  /** Edits of a batch. */
  readonly editsMax: number;
  /** How long an idle device waits for a batch to fill. */
  readonly delayMs: number;
}

/**
 * Batches of whole requests, as Triton's dynamic batcher forms them: the oldest and those of its bucket behind it go
 * together until the last is done; none joins, none leaves.
 */
export function requestBatches({ editsMax, delayMs }: RequestBatchOptions): Policy {
  const queue: { readonly job: Job; readonly at: number }[] = [];
  let batch: { readonly job: Job; state: "new" | "open" | "done" }[] = [];
  const form = (now: number): Move | undefined => {
    const first = queue[0];
    if (first === undefined) return { kind: "idle" };
    const peers = queue.filter(({ job }) => job.bucket === first.job.bucket).slice(0, editsMax);
    if (peers.length < editsMax && now < first.at + delayMs) return { kind: "wait", until: first.at + delayMs };
    for (const peer of peers) queue.splice(queue.indexOf(peer), 1);
    batch = peers.map(({ job }) => ({ job, state: "new" }));
    return undefined;
  };
  return {
    submit(job, now) {
      queue.push({ job, at: now });
      return admitted;
    },
    cancel(id) {
      const at = queue.findIndex(({ job }) => job.id === id);
      if (at >= 0) queue.splice(at, 1);
      batch = batch.filter(({ job }) => job.id !== id);
    },
    next(now) {
      if (batch.length === 0) {
        const wait = form(now);
        if (wait !== undefined) return wait;
      }
      const fresh = batch.find(({ state }) => state === "new");
      if (fresh !== undefined) return { kind: "open", id: fresh.job.id };
      const running = batch.filter(({ state }) => state === "open");
      const paddingRows = batch.length - running.length;
      if (running.length > 0) return { kind: "step", ids: running.map(({ job }) => job.id), paddingRows };
      return { kind: "decode", id: batch[0]!.job.id };
    },
    opened(id) {
      for (const member of batch) if (member.job.id === id) member.state = "open";
    },
    stepped(_ids, { done }) {
      for (const member of batch) if (done.includes(member.job.id)) member.state = "done";
    },
    decoded(id) {
      batch = batch.filter(({ job }) => job.id !== id);
    },
  };
}

/** Continuous batching without measuring: whoever comes joins at the next step, up to `rowsMax`; buckets take turns. */
export function joinAlways({ rowsMax }: { readonly rowsMax: number }): Policy {
  const queue: Job[] = [];
  const open = new Map<string, { readonly job: Job; done: boolean }>();
  let coded = false;
  let lastBucket = "";
  return {
    submit(job) {
      queue.push(job);
      return admitted;
    },
    cancel(id) {
      const at = queue.findIndex((job) => job.id === id);
      if (at >= 0) queue.splice(at, 1);
      open.delete(id);
    },
    next() {
      const running = [...open.values()].filter(({ done }) => !done).map(({ job }) => job);
      if (!coded || running.length === 0) {
        for (const [id, { done }] of open) if (done) return { kind: "decode", id };
        if (queue[0] !== undefined && running.length < rowsMax) {
          const job = queue.shift()!;
          open.set(job.id, { job, done: true });
          return { kind: "open", id: job.id };
        }
      }
      const buckets = [...new Set(running.map(({ bucket }) => bucket))];
      if (buckets.length === 0) return { kind: "idle" };
      lastBucket = buckets[(buckets.indexOf(lastBucket) + 1) % buckets.length]!;
      return { kind: "step", ids: running.filter(({ bucket }) => bucket === lastBucket).map(({ id }) => id) };
    },
    opened(id) {
      coded = true;
      const edit = open.get(id);
      if (edit !== undefined) edit.done = false;
    },
    stepped(_ids, { done }) {
      coded = false;
      for (const id of done) {
        const edit = open.get(id);
        if (edit !== undefined) edit.done = true;
      }
    },
    decoded(id) {
      coded = true;
      open.delete(id);
    },
  };
}
