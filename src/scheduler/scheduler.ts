import { assert } from "../core/errors.ts";
import { admission } from "./admission.ts";
import { Calibration } from "./calibration.ts";
import type { CostBook } from "./cost-book.ts";
import { Dispatch, type OpenedReport, type SteppedReport } from "./dispatch.ts";
import { Forecasts, foreseeLast } from "./forecast.ts";
import {
  type Admission,
  type Decision,
  type Estimate,
  type Goal,
  goalDefault,
  type Job,
  type Limits,
  limitsDefault,
} from "./job.ts";
import { Roster } from "./roster.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

export interface SchedulerOptions {
  readonly costs: CostBook;
  readonly limits?: Partial<Limits>;
  readonly goal?: Partial<Goal>;
}

/**
 * Decides which edits the engine works on. Pure: it holds no timer and no promise, and the same calls with the same times
 * give the same decisions. A driver asks `next`, carries the decision out, reports the result, and asks again; after `idle`
 * it waits until something comes in. One decision is carried out at a time; `close` needs no report.
 *
 * Times (`now`) are milliseconds of one clock that never goes back.
 */
export class Scheduler {
  readonly #dispatch: Dispatch;
  readonly #calibration = new Calibration();
  readonly #forecasts = new Forecasts();

  constructor({ costs, limits = {}, goal = {} }: SchedulerOptions) {
    const rules = { costs, limits: { ...limitsDefault, ...limits }, goal: { ...goalDefault, ...goal } };
    this.#dispatch = new Dispatch(new Roster(rules));
  }

  /** Takes an edit in, or says why not. It counts as work at once and may run from `release` on. */
  submit(job: Job, now: number): Admission {
    return this.submitTogether([job], now);
  }

  /**
   * The same for edits of one account, one or more: all come in, or none does. Where nothing else waits they do, and where
   * nothing else of their account waits its share is no limit: what is refused then would be refused for ever.
   */
  submitTogether(jobs: readonly Job[], now: number): Admission {
    const answer = this.#admission(jobs, now);
    if (answer.admitted) for (const job of jobs) this.restore(job, now);
    return answer;
  }

  /** Takes in an edit that was admitted before a restart. */
  restore(job: Job, now: number): void {
    assert(this.#dispatch.roster.find(job.id) === undefined, `the scheduler knows ${job.id} already`);
    this.#dispatch.roster.add(job, now);
    this.#forecasts.spoil();
  }

  /** Its moderation has passed: it may run. One that was cancelled meanwhile is passed over. */
  release(id: string, now: number): void {
    const entry = this.#dispatch.roster.find(id);
    if (entry?.state !== "held") return;
    this.#dispatch.roster.release(entry, now);
    this.#forecasts.spoil();
  }

  /**
   * Forgets it, in whatever state; the driver closes its slot. When it is being opened or decoded no report is awaited any
   * more; the report of a step that runs with it is.
   */
  cancel(id: string): void {
    this.#dispatch.cancel(id);
    this.#calibration.forget(id);
    this.#forecasts.spoil();
  }

  /** What the engine should do now. */
  next(now: number): Decision {
    return this.#dispatch.next(now);
  }

  opened(id: string, report: OpenedReport): void {
    this.#dispatch.opened(id, report);
  }

  /** The step that `next` asked for was run. */
  stepped(ids: readonly string[], report: SteppedReport): void {
    this.#dispatch.stepped(ids, report);
    // What it took may be another than was foreseen.
    this.#forecasts.spoil();
  }

  /** The edit is finished and leaves the scheduler. */
  decoded(id: string, ms: number, now: number): void {
    if (this.#dispatch.decoded(id, ms) === undefined) return;
    this.#calibration.ended(id, now);
    this.#forecasts.spoil();
  }

  /**
   * The engine died, or could not do what was asked for these: they will be opened anew, and keep their age and what their
   * accounts were charged. A decision about them is over.
   */
  lost(ids: readonly string[] | "all"): void {
    this.#dispatch.lost(ids);
    this.#forecasts.spoil();
  }

  /**
   * It shares no step any more, for it may be what the engine failed on. Bucket, age and charges stay as they are. Nothing
   * for an edit that the scheduler does not know.
   */
  isolate(id: string): void {
    this.#dispatch.isolate(id);
    this.#forecasts.spoil();
  }

  /** When it begins and ends, in milliseconds from now; undefined for an edit that the scheduler does not know. */
  estimate(id: string, now: number): Estimate | undefined {
    const entry = this.#dispatch.roster.find(id);
    if (entry === undefined) return undefined;
    return this.#calibration.tell(id, this.#forecasts.of(entry, this.#dispatch, now), now);
  }

  /** What `submitTogether` would answer now, and the estimate of the one that ends last. Changes nothing. */
  preview(jobs: readonly Job[], now: number): Estimate & { readonly admitted: Admission } {
    const last = foreseeLast(this.#dispatch, jobs, now);
    return { ...this.#calibration.interval(last, now), admitted: this.#admission(jobs, now) };
  }

  snapshot(now: number): Snapshot {
    return takeSnapshot(this.#dispatch, this.#calibration.report(), now);
  }

  #admission(jobs: readonly Job[], now: number): Admission {
    assert(jobs.length > 0, "there is one job or more");
    return admission(this.#dispatch.roster, jobs, now, () => foreseeLast(this.#dispatch, jobs, now).end);
  }
}
