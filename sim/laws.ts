import type { Admission, Decision, Estimate, Job } from "../src/scheduler/job.ts";
import { type DeviceBucket, stepMsOf } from "./device.ts";
import type { Ordeal } from "./torture.ts";

interface Edit {
  readonly job: Job;
  state: "held" | "waiting" | "open" | "finished" | "ended" | "cancelled" | "refused";
  stepsLeft: number;
  releasedAt: number;
  /** When it must have ended, by the stated bound. */
  endBy: number;
  cancelled: boolean;
}

/**
 * What must hold of every schedule: nothing lost, doubled, run before its release or after its cancellation; limits kept;
 * a gap between two steps holds one coding or no more than a step's time; nobody starves beyond the stated bound. Keeps its
 * own books, and learns from the scheduler only what it decides.
 */
export class Laws {
  readonly #ordeal: Ordeal;
  readonly #edits = new Map<string, Edit>();
  readonly #buckets: ReadonlyMap<string, DeviceBucket>;
  readonly #faults: string[] = [];
  #gap = { codings: 0, ms: 0, stepMs: 0 };
  #deaths = 0;

  constructor(ordeal: Ordeal) {
    this.#ordeal = ordeal;
    this.#buckets = new Map(ordeal.device.map((at) => [at.bucket, at]));
  }

  job(id: string): Job {
    return this.#edits.get(id)!.job;
  }

  submitted(job: Job, { admitted }: Admission, at: number): void {
    const state = admitted ? "held" : "refused";
    const edit: Edit = {
      job,
      state,
      stepsLeft: job.steps,
      releasedAt: at,
      endBy: Number.POSITIVE_INFINITY,
      cancelled: false,
    };
    this.#edits.set(job.id, edit);
  }

  released(id: string, at: number): boolean {
    const edit = this.#edits.get(id)!;
    if (edit.state !== "held") return false;
    edit.state = "waiting";
    edit.releasedAt = at;
    edit.endBy = at + this.#boundMs(edit);
    return true;
  }

  cancelled(id: string): boolean {
    const edit = this.#edits.get(id)!;
    if (edit.state === "ended" || edit.state === "refused") return false;
    edit.state = "cancelled";
    return true;
  }

  told(id: string, estimate: Estimate | undefined): void {
    const state = this.#edits.get(id)!.state;
    const gone = state === "ended" || state === "refused" || state === "cancelled";
    this.#expect(
      (estimate === undefined) === gone,
      `${id} is ${state}, its estimate is ${estimate === undefined ? "none" : "told"}`,
    );
    if (estimate === undefined) return;
    for (const { low, likely, high } of [estimate.start, estimate.end]) {
      this.#expect(0 <= low && low <= likely && likely <= high, `${id}: an interval ${low} ${likely} ${high}`);
    }
  }

  /** Checks a decision and says how long it takes. */
  decided(decision: Decision, now: number): number {
    if (decision.kind === "idle") {
      for (const { job, state } of this.#edits.values()) {
        this.#expect(
          !(state === "waiting" || state === "open" || state === "finished"),
          `idle while ${job.id} is ${state}`,
        );
      }
      return 0;
    }
    if (decision.kind === "step") return this.#decidedStep(decision.ids);
    const edit = this.#edits.get(decision.id);
    if (edit === undefined) return this.#expect(false, `${decision.kind} of the unknown ${decision.id}`);
    const wanted = { open: "waiting", decode: "finished", close: "open" }[decision.kind];
    this.#expect(edit.state === wanted, `${decision.kind} of ${decision.id}, which is ${edit.state}`);
    if (decision.kind === "close") {
      this.#startOver(edit);
      return 0;
    }
    const { openMs, decodeMs } = this.#bucket(edit);
    const ms = decision.kind === "open" ? openMs : decodeMs;
    this.#decidedCoding(ms);
    if (decision.kind === "open") this.#checkRoom(edit, now);
    return ms;
  }

  opened(id: string): boolean {
    const edit = this.#edits.get(id)!;
    if (edit.state !== "waiting") return false;
    edit.state = "open";
    return true;
  }

  /** The ids whose last step it was. */
  stepped(ids: readonly string[]): string[] {
    const done: string[] = [];
    for (const id of ids) {
      const edit = this.#edits.get(id)!;
      if (edit.state !== "open") continue;
      edit.stepsLeft -= 1;
      if (edit.stepsLeft > 0) continue;
      edit.state = "finished";
      done.push(id);
    }
    return done;
  }

  decoded(id: string, now: number): boolean {
    const edit = this.#edits.get(id)!;
    if (edit.state !== "finished") return false;
    edit.state = "ended";
    const late = now - edit.endBy;
    this.#expect(late <= 0 || this.#ordeal.deaths > 0, `${id} ended ${late} ms after the stated bound`);
    return true;
  }

  died(): void {
    this.#deaths += 1;
    for (const edit of this.#edits.values())
      if (edit.state === "open" || edit.state === "finished") this.#startOver(edit);
  }

  ended(known: number): void {
    for (const { job, state } of this.#edits.values()) {
      this.#expect(state === "ended" || state === "cancelled" || state === "refused", `${job.id} was left ${state}`);
    }
    this.#expect(known === 0, `${known} edits are still known at the end`);
  }

  verdict(): { readonly faults: readonly string[]; readonly edits: number } {
    return { faults: this.#faults, edits: this.#edits.size };
  }

  #decidedStep(ids: readonly string[]): number {
    const edits = ids.map((id) => this.#edits.get(id)).filter((edit) => edit !== undefined);
    this.#expect(edits.length > 0 && new Set(ids).size === edits.length, `a step of ${ids.join(", ")}`);
    for (const { job, state } of edits) {
      this.#expect(state === "open", `a step of ${job.id}, which is ${state}`);
      this.#expect(job.bucket === edits[0]!.job.bucket, `a step of two buckets: ${ids.join(", ")}`);
    }
    const rows = edits.reduce((sum, { job }) => sum + job.rowsPerStep, 0);
    this.#expect(rows <= this.#ordeal.limits.rowsMax, `a step of ${rows} rows`);
    const ms = stepMsOf(this.#bucket(edits[0]!), rows);
    this.#gap = { codings: 0, ms: 0, stepMs: ms };
    return ms;
  }

  #decidedCoding(ms: number): void {
    this.#gap = { ...this.#gap, codings: this.#gap.codings + 1, ms: this.#gap.ms + ms };
    const stepping = [...this.#edits.values()].some(({ state }) => state === "open");
    if (!stepping) this.#gap.codings = 0;
    if (!stepping || this.#ordeal.noise > 0 || this.#deaths > 0) return;
    this.#expect(
      this.#gap.codings <= 1 || this.#gap.ms <= this.#gap.stepMs + 1e-6,
      `${this.#gap.ms} ms of coding between steps`,
    );
  }

  #checkRoom({ job }: Edit, now: number): void {
    const open = [...this.#edits.values()].filter(({ state }) => state === "open" || state === "finished");
    const { openMax, openBytesMax } = this.#ordeal.limits;
    const bytes = open.reduce((sum, other) => sum + other.job.latentBytes, job.latentBytes);
    this.#expect(
      open.length < openMax && (bytes <= openBytesMax || open.length === 0),
      `no room for ${job.id} at ${now}`,
    );
    const own = open.filter((other) => other.job.account === job.account).length;
    this.#expect(own < job.concurrencyMax, `${job.account} has ${own} open and opens ${job.id}`);
  }

  /**
   * The stated bound: `overdueMs`, then every edit released before it and itself, one after the other, each step as slow as
   * the bucket's steps get with codings beside it; and before each one edit of its account, where those can stand in its way.
   */
  #boundMs(edit: Edit): number {
    const { rowsMax, openMax } = this.#ordeal.limits;
    const codingMs = Math.max(...this.#ordeal.device.map(({ openMs, decodeMs }) => Math.max(openMs, decodeMs)));
    const slack = 1 + this.#ordeal.noise;
    let ms = (openMax + 1) * codingMs;
    for (const { job, state, releasedAt } of this.#edits.values()) {
      const unfinished = state === "waiting" || state === "open" || state === "finished";
      if (!unfinished || releasedAt > edit.releasedAt) continue;
      const kin = this.#ordeal.edits.filter((other) => other.job.account === job.account).map((other) => other.job);
      const blocked = kin.length > job.concurrencyMax;
      for (const each of blocked ? [job, longest(kin)] : [job]) {
        const stepMs = stepMsOf(this.#buckets.get(each.bucket)!, rowsMax);
        ms += (each.steps + 3) * (stepMs + Math.max(stepMs, codingMs));
      }
    }
    return this.#ordeal.goal.overdueMs + slack * ms;
  }

  #startOver(edit: Edit): void {
    edit.state = "waiting";
    edit.stepsLeft = edit.job.steps;
  }

  #bucket({ job }: Edit): DeviceBucket {
    return this.#buckets.get(job.bucket)!;
  }

  #expect(holds: boolean, otherwise: string): number {
    if (!holds) this.#faults.push(otherwise);
    return 0;
  }
}

function longest(jobs: readonly Job[]): Job {
  return jobs.reduce((a, b) => (b.steps * b.bucketTokens > a.steps * a.bucketTokens ? b : a));
}
