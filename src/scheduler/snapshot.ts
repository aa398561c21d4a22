import type { CalibrationReport } from "./calibration.ts";
import type { CurvePoint } from "./curve.ts";
import type { Dispatch } from "./dispatch.ts";

export interface BucketSnapshot {
  readonly bucket: string;
  /** Edits that wait, those whose moderation has not passed included. */
  readonly depth: number;
  /** Milliseconds since the oldest edit of the bucket came in. */
  readonly oldestMs: number;
  /** The same of those that wait; 0 where none does. */
  readonly oldestWaitingMs: number;
  /** Edits with a slot. */
  readonly open: number;
  /** Rows in the step that runs now. */
  readonly runningRows: number;
  /** T(B) as measured. */
  readonly curve: readonly CurvePoint[];
}

export interface Snapshot {
  readonly buckets: readonly BucketSnapshot[];
  /** T(B) of every bucket that was ever measured, also where it has no edits now. */
  readonly curves: ReadonlyMap<string, readonly CurvePoint[]>;
  /** Estimated milliseconds of all work outstanding, and the most that is let in. */
  readonly backlogMs: number;
  readonly backlogMsMax: number;
  /** Edits in all. */
  readonly edits: number;
  /** Bytes of latents that open edits hold. */
  readonly openBytes: number;
  readonly calibration: CalibrationReport;
}

export function takeSnapshot({ roster, inFlight }: Dispatch, calibration: CalibrationReport, now: number): Snapshot {
  const buckets = new Map<string, { -readonly [K in keyof BucketSnapshot]: BucketSnapshot[K] }>();
  for (const entry of roster.entries) {
    const { bucket } = entry.job;
    let found = buckets.get(bucket);
    if (found === undefined) {
      const curve = roster.rules.costs.curve(bucket);
      found = { bucket, depth: 0, oldestMs: 0, oldestWaitingMs: 0, open: 0, runningRows: 0, curve };
      buckets.set(bucket, found);
    }
    const ageMs = now - entry.submittedAt;
    found.oldestMs = Math.max(found.oldestMs, ageMs);
    if (entry.state === "held" || entry.state === "waiting") {
      found.depth += 1;
      found.oldestWaitingMs = Math.max(found.oldestWaitingMs, ageMs);
    } else found.open += 1;
  }
  if (inFlight?.decision.kind === "step") {
    for (const id of inFlight.decision.ids) {
      const entry = roster.find(id);
      if (entry !== undefined) buckets.get(entry.job.bucket)!.runningRows += entry.rows;
    }
  }
  return {
    buckets: [...buckets.values()],
    curves: roster.rules.costs.curves,
    backlogMs: roster.backlog.ms(),
    backlogMsMax: roster.rules.limits.backlogMsMax,
    edits: roster.size,
    openBytes: roster.openBytes,
    calibration,
  };
}
