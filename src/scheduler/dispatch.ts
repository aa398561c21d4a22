import { assert } from "../core/errors.ts";
import { choose, type Gap } from "./choose.ts";
import type { Entry } from "./entry.ts";
import type { Decision } from "./job.ts";
import type { Roster } from "./roster.ts";

export interface OpenedReport {
  /** Rows that the edit adds to a step. */
  readonly rows: number;
  /** Index of the step that runs next, and steps in all. */
  readonly step: number;
  readonly steps: number;
  readonly ms: number;
  /** Tokens of one row, where the engine knows better than the job. */
  readonly tokens?: number;
}

export interface SteppedReport {
  readonly ms: number;
  /** Those whose last step this was. */
  readonly done: readonly string[];
}

/** The decision being carried out. */
export interface InFlight {
  readonly decision: Exclude<Decision, { kind: "idle" | "close" }>;
  readonly since: number;
}

/** What the engine does: hands out decisions one at a time, and books their results. */
export class Dispatch {
  readonly roster: Roster;
  /** Whether results teach the cost book and are dear; not so in a copy that runs forward. */
  readonly #learns: boolean;
  #gap: Gap = { codings: 0, ms: 0, stepMs: 0 };
  #inFlight: (InFlight & { readonly rows: number }) | undefined;

  constructor(roster: Roster, learns = true) {
    this.roster = roster;
    this.#learns = learns;
  }

  get inFlight(): InFlight | undefined {
    return this.#inFlight;
  }

  next(now: number): Decision {
    assert(this.#inFlight === undefined, "the decision before has not been reported");
    const { decision, turn } = choose(this.roster, this.#gap, now);
    if (turn !== undefined) this.roster.accounts.serving(turn.entry.job.priority, turn.round);
    if (decision.kind === "idle") {
      this.roster.accounts.forgive();
      return decision;
    }
    let rows = 0;
    if (decision.kind === "step") {
      for (const id of decision.ids) rows += this.roster.find(id)!.rows;
    } else {
      const entry = this.roster.find(decision.id)!;
      if (decision.kind === "close") {
        this.#startOver(entry);
        return decision;
      }
      this.#codes(entry, decision.kind);
      if (decision.kind === "open") this.roster.move(entry, { state: "opening" });
      else this.roster.move(entry, { state: "decoding" });
    }
    this.#inFlight = { decision, since: now, rows };
    return decision;
  }

  opened(id: string, { rows, step, steps, ms, tokens }: OpenedReport): void {
    const entry = this.#coded(id, "open", ms);
    if (entry === undefined) return;
    const stepsLeft = Math.max(0, steps - step);
    const state = stepsLeft === 0 ? "finished" : "open";
    this.roster.move(entry, { state, rows, stepsLeft, tokens: tokens ?? entry.tokens });
  }

  /** `times` such steps at once, each of `ms`. */
  stepped(ids: readonly string[], { ms, done }: SteppedReport, times = 1): void {
    const rows = this.#inFlight?.rows ?? 0;
    this.#inFlight = undefined;
    this.#gap = { codings: 0, ms: 0, stepMs: ms };
    const entries = ids.map((id) => this.roster.find(id)).filter((entry) => entry?.state === "open") as Entry[];
    const { job, tokens } = entries[0] ?? {};
    if (job === undefined || tokens === undefined) return;
    const { costs } = this.roster.rules;
    if (this.#learns && rows > 0) costs.observe({ kind: "step", bucket: job.bucket, tokens, rows, ms });
    for (const entry of entries) {
      this.roster.charge(entry, (times * ms * entry.rows) / Math.max(rows, entry.rows));
      if (done.includes(entry.job.id)) this.roster.move(entry, { state: "finished", stepsLeft: 0 });
      else this.roster.progressed(entry, times);
    }
  }

  /** The entry leaves; undefined when it was cancelled. */
  decoded(id: string, ms: number): Entry | undefined {
    const entry = this.#coded(id, "decode", ms);
    if (entry !== undefined) this.roster.leave(entry);
    return entry;
  }

  lost(ids: readonly string[] | "all"): void {
    const { decision } = this.#inFlight ?? {};
    const hit = decision?.kind === "step" && (ids === "all" || decision.ids.some((id) => ids.includes(id)));
    if (hit) this.#inFlight = undefined;
    for (const id of ids === "all" ? this.roster.open.map(({ job }) => job.id) : ids) {
      this.#dropCoding(id);
      const entry = this.roster.find(id);
      if (entry !== undefined && this.roster.open.includes(entry)) this.#startOver(entry);
    }
  }

  isolate(id: string): void {
    const entry = this.roster.find(id);
    if (entry !== undefined) this.roster.move(entry, { group: id });
  }

  cancel(id: string): void {
    this.#dropCoding(id);
    const entry = this.roster.find(id);
    if (entry !== undefined) this.roster.leave(entry);
  }

  /** The same state, which can be run forward without a change to this one. */
  copy(): Dispatch {
    const copy = new Dispatch(this.roster.copy(), false);
    copy.#gap = this.#gap;
    copy.#inFlight = this.#inFlight;
    return copy;
  }

  /** The time is the engine's even when the edit is cancelled meanwhile. */
  #codes({ job, tokens }: Entry, kind: "open" | "decode"): void {
    const { costs } = this.roster.rules;
    const bucket = { bucket: job.bucket, tokens };
    const ms = kind === "open" ? costs.openMs(bucket) : costs.decodeMs(bucket);
    this.#gap = { ...this.#gap, codings: this.#gap.codings + 1, ms: this.#gap.ms + ms };
  }

  #startOver(entry: Entry): void {
    const { steps, rowsPerStep } = entry.job;
    this.roster.move(entry, { state: "waiting", stepsLeft: steps, stepsDone: 0, rows: rowsPerStep });
  }

  /** Books an opening or a decoding. */
  #coded(id: string, kind: "open" | "decode", ms: number): Entry | undefined {
    this.#dropCoding(id);
    const entry = this.roster.find(id);
    if (entry?.state !== (kind === "open" ? "opening" : "decoding")) return undefined;
    const { costs } = this.roster.rules;
    if (this.#learns) costs.observe({ kind, bucket: entry.job.bucket, tokens: entry.tokens, ms });
    this.roster.charge(entry, ms);
    return entry;
  }

  #dropCoding(id: string): void {
    const { decision } = this.#inFlight ?? {};
    if (decision !== undefined && decision.kind !== "step" && decision.id === id) this.#inFlight = undefined;
  }
}
