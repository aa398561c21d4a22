import type { Job } from "../src/scheduler/job.ts";
import { type Chance, chance } from "./chance.ts";
import { type DeviceBucket, stepMsOf } from "./device.ts";
import type { Move, Policy } from "./policy.ts";

export interface Arrival {
  readonly at: number;
  readonly job: Job;
  /** When its user gives up, if it has not ended by then. */
  readonly cancelAt?: number;
}

/** What became of an edit; moments of the simulated clock. */
export interface Outcome {
  readonly arrival: Arrival;
  refused: boolean;
  cancelledAt?: number;
  firstStepAt?: number;
  endedAt?: number;
}

export interface RunResult {
  readonly outcomes: readonly Outcome[];
  /** When the last edit ended. */
  readonly endedAt: number;
  /** Rows that steps had, and those of them that an edit needed. */
  readonly paidRows: number;
  readonly usefulRows: number;
}

export interface RunOptions {
  readonly device: readonly DeviceBucket[];
  readonly arrivals: readonly Arrival[];
  /** Durations vary by so much either way, and one in a hundred takes five times as long; 0 is exact. */
  readonly noise?: number;
  readonly seed?: number;
  /** Told every move and its time. */
  readonly watch?: (move: Move, at: number) => void;
}

/** Plays arrivals against a policy: discrete events, one engine that does one thing at a time. */
export function simulate(policy: Policy, options: RunOptions): RunResult {
  const buckets = new Map(options.device.map((at) => [at.bucket, at]));
  const noise = options.noise ?? 0;
  const luck = chance(options.seed ?? 1);
  const outcomes = new Map<string, Outcome>();
  const stepsLeft = new Map<string, number>();
  const events = eventsOf(options.arrivals);
  let event = 0;
  let now = 0;
  let paidRows = 0;
  let usefulRows = 0;
  const admit = (until: number) => {
    for (; event < events.length && events[event]!.at <= until; event += 1) {
      const { at, arrival, kind } = events[event]!;
      if (kind === "arrive") {
        const refused = !policy.submit(arrival.job, at).admitted;
        outcomes.set(arrival.job.id, { arrival, refused });
      } else {
        const outcome = outcomes.get(arrival.job.id)!;
        if (outcome.refused || outcome.endedAt !== undefined) continue;
        outcome.cancelledAt = at;
        policy.cancel(arrival.job.id, at);
      }
    }
  };
  const pass = (ms: number) => {
    const spent = ms * blur(luck, noise);
    now += spent;
    admit(now);
    return spent;
  };
  const bucketOf = (id: string) => buckets.get(outcomes.get(id)!.arrival.job.bucket)!;
  for (;;) {
    admit(now);
    const move = policy.next(now);
    options.watch?.(move, now);
    if (move.kind === "idle" || move.kind === "wait") {
      const until = Math.min(
        move.kind === "wait" ? move.until : Number.POSITIVE_INFINITY,
        events[event]?.at ?? Number.POSITIVE_INFINITY,
      );
      if (until === Number.POSITIVE_INFINITY) break;
      now = Math.max(now, until);
    } else if (move.kind === "open") {
      stepsLeft.set(move.id, outcomes.get(move.id)!.arrival.job.steps);
      policy.opened(move.id, pass(bucketOf(move.id).openMs), now);
    } else if (move.kind === "decode") {
      const ms = pass(bucketOf(move.id).decodeMs);
      const outcome = outcomes.get(move.id)!;
      if (outcome.cancelledAt === undefined) outcome.endedAt = now;
      policy.decoded(move.id, ms, now);
    } else if (move.kind === "step") {
      const useful = move.ids.reduce((sum, id) => sum + outcomes.get(id)!.arrival.job.rowsPerStep, 0);
      const paid = useful + ("paddingRows" in move ? move.paddingRows : 0);
      paidRows += paid;
      usefulRows += useful;
      const ms = pass(stepMsOf(bucketOf(move.ids[0]!), paid));
      for (const id of move.ids) {
        outcomes.get(id)!.firstStepAt ??= now;
        stepsLeft.set(id, stepsLeft.get(id)! - 1);
      }
      policy.stepped(move.ids, { ms, done: move.ids.filter((id) => stepsLeft.get(id) === 0) }, now);
    }
  }
  return { outcomes: [...outcomes.values()], endedAt: now, paidRows, usefulRows };
}

function blur(luck: Chance, noise: number): number {
  if (noise === 0) return 1;
  return luck.uniform() < 0.01 ? 5 : 1 + noise * (2 * luck.uniform() - 1);
}

interface SimulatedEvent {
  readonly at: number;
  readonly kind: "arrive" | "cancel";
  readonly arrival: Arrival;
}

function eventsOf(arrivals: readonly Arrival[]): readonly SimulatedEvent[] {
  const events: SimulatedEvent[] = [];
  for (const arrival of arrivals) {
    events.push({ at: arrival.at, kind: "arrive", arrival });
    if (arrival.cancelAt !== undefined) events.push({ at: arrival.cancelAt, kind: "cancel", arrival });
  }
  return events.sort((a, b) => a.at - b.at);
}
