import type { Admission, Decision, Job } from "../src/scheduler/job.ts";
import type { Scheduler } from "../src/scheduler/scheduler.ts";

/** What a policy may ask of the device; baselines may also wait, and pay for rows that nobody needs any more. */
export type Move =
  | Decision
  | { readonly kind: "step"; readonly ids: string[]; readonly paddingRows: number }
  | { readonly kind: "wait"; readonly until: number };

/** A way to order edits: the product's or one to compare it with. */
export interface Policy {
  submit(job: Job, now: number): Admission;
  cancel(id: string, now: number): void;
  next(now: number): Move;
  opened(id: string, ms: number, now: number): void;
  stepped(ids: readonly string[], report: { ms: number; done: readonly string[] }, now: number): void;
  decoded(id: string, ms: number, now: number): void;
}

/** The scheduler that ships. */
export function shipped(scheduler: Scheduler): Policy {
  const jobs = new Map<string, Job>();
  return {
    submit(job, now) {
      const admission = scheduler.submit(job, now);
      if (admission.admitted) {
        jobs.set(job.id, job);
        scheduler.release(job.id, now);
      }
      return admission;
    },
    cancel: (id) => scheduler.cancel(id),
    next: (now) => scheduler.next(now),
    opened(id, ms) {
      const { rowsPerStep: rows, steps } = jobs.get(id)!;
      scheduler.opened(id, { rows, step: 0, steps, ms });
    },
    stepped: (ids, report) => scheduler.stepped(ids, report),
    decoded(id, ms, now) {
      jobs.delete(id);
      scheduler.decoded(id, ms, now);
    },
  };
}
