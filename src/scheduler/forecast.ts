import type { Foreseen } from "./calibration.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Entry } from "./entry.ts";
import type { Decision, Job } from "./job.ts";

/** Edits that are run forward exactly; of more the backlog alone is asked. 128 take a few milliseconds. */
const entriesMax = 128;

/**
 * How old a forecast may get before a change makes it void, per edit in it: with about 20 µs an edit, running forward takes
 * no more than a fiftieth of the time.
 */
const keptMsPerEntry = 1;

/** When each edit will begin and end if nothing more comes in: the scheduler itself, run forward on what steps cost. */
export class Forecasts {
  #foreseen = new Map<string, Foreseen>();
  #at = Number.NEGATIVE_INFINITY;
  #spoilt = true;

  /** Something came, went or changed. */
  spoil(): void {
    this.#spoilt = true;
  }

  of(entry: Entry, dispatch: Dispatch, now: number): Foreseen {
    const { size } = dispatch.roster;
    if (size > entriesMax) return atTheEnd(dispatch, dispatch.roster.remainingMs(entry), now);
    const known = this.#foreseen.get(entry.job.id);
    const kept = now - this.#at < size * keptMsPerEntry;
    if (this.#spoilt && !kept) {
      this.#foreseen = runForward(dispatch.copy(), now);
      this.#at = now;
      this.#spoilt = false;
    } else if (known !== undefined) {
      return entry.state === "waiting" || entry.state === "held" ? known : { ...known, position: 0 };
    }
    return this.#foreseen.get(entry.job.id) ?? atTheEnd(dispatch, dispatch.roster.remainingMs(entry), now);
  }
}

/** The same for the one that ends last of jobs that are not in it, as if they came now. */
export function foreseeLast(dispatch: Dispatch, jobs: readonly Job[], now: number): Foreseen {
  const { roster } = dispatch;
  if (roster.size + jobs.length > entriesMax) return atTheEnd(dispatch, roster.soloMs(jobs.at(-1)!), now, jobs);
  const copy = dispatch.copy();
  for (const job of jobs) copy.roster.add(job, now);
  const foreseen = runForward(copy, now);
  return jobs.map(({ id }) => foreseen.get(id)!).reduce((last, other) => (other.end >= last.end ? other : last));
}

/** After all the work there is, with `more` in it: right for the last edit, late for the rest. */
function atTheEnd({ roster }: Dispatch, ownMs: number, now: number, more: readonly Job[] = []): Foreseen {
  const end = now + Math.max(ownMs, roster.backlog.ms(more));
  return { begin: end - ownMs, end, position: Math.max(1, roster.size + more.length - roster.open.length) };
}

/** Plays a copy to its end. What is held is taken as released now. */
function runForward(copy: Dispatch, now: number): Map<string, Foreseen> {
  const { roster } = copy;
  const foreseen = new Map<string, { begin: number; end: number; position: number }>();
  for (const entry of [...roster.entries]) {
    if (entry.state === "held") roster.release(entry, now);
    if (entry.state !== "waiting") foreseen.set(entry.job.id, { begin: now, end: now, position: 0 });
  }
  let at = now;
  let position = 0;
  let previous = "";
  let decision: Decision = copy.inFlight?.decision ?? copy.next(at);
  const spentMs = copy.inFlight === undefined ? 0 : now - copy.inFlight.since;
  let creditMs = Number.isFinite(spentMs) ? spentMs : 0;
  while (decision.kind !== "idle") {
    const pass = (ms: number) => {
      at += Math.max(0, ms - creditMs);
      creditMs = 0;
    };
    if (decision.kind === "step") {
      const key = decision.ids.join("\n");
      const ms = stepForward(copy, decision.ids, key === previous);
      previous = key;
      pass(ms);
    } else if (decision.kind !== "close") {
      const entry = roster.find(decision.id)!;
      const bucket = { bucket: entry.job.bucket, tokens: entry.tokens };
      if (decision.kind === "open") {
        if (!foreseen.has(decision.id)) {
          position += 1;
          foreseen.set(decision.id, { begin: at, end: at, position });
        }
        const ms = roster.rules.costs.openMs(bucket);
        copy.opened(decision.id, { rows: entry.rows, step: 0, steps: entry.stepsLeft, ms });
        pass(ms);
      } else {
        const ms = roster.rules.costs.decodeMs(bucket);
        copy.decoded(decision.id, ms);
        pass(ms);
        foreseen.get(decision.id)!.end = at;
      }
    }
    decision = copy.next(at);
  }
  return foreseen;
}

/** One step; or, when the step before was the same and so nothing waits between, all until the first of them is done. */
function stepForward(copy: Dispatch, ids: readonly string[], repeats: boolean): number {
  const { roster } = copy;
  const entries = ids.map((id) => roster.find(id)).filter((entry) => entry !== undefined);
  const first = entries[0];
  if (first === undefined) {
    copy.stepped(ids, { ms: 0, done: [] });
    return 0;
  }
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  const times = repeats ? Math.min(...entries.map(({ stepsLeft }) => stepsLeft)) : 1;
  const ms = roster.rules.costs.stepMs({ bucket: first.job.bucket, tokens: first.tokens }, rows);
  const done = entries.filter(({ stepsLeft }) => stepsLeft <= times).map((entry) => entry.job.id);
  copy.stepped(ids, { ms, done }, times);
  return times * ms;
}
