export const priorities = ["interactive", "normal", "batch"] as const;
export type Priority = (typeof priorities)[number];

/** An edit as the scheduler sees it. Times are milliseconds of the clock that `now` comes from. */
export interface Job {
  readonly id: string;
  readonly account: string;
  /** The account's share of the engine against others', above 0; from its plan. */
  readonly weight: number;
  readonly priority: Priority;
  /** Geometry, such as "768x336/768x336/40": jobs of the same may share a step. */
  readonly bucket: string;
  /** Tokens of one row of that geometry; scales costs while the bucket is unmeasured. */
  readonly bucketTokens: number;
  /** Denoising steps, 1 or more. */
  readonly steps: number;
  /** 2 with true classifier-free guidance. */
  readonly rowsPerStep: 1 | 2;
  /** When it must be decoded. */
  readonly deadlineMs?: number;
  /** What it holds in the engine while it is open. */
  readonly latentBytes: number;
  /** Edits of its account that may be open at once, 1 or more. */
  readonly concurrencyMax: number;
}

export type Decision =
  /** Nothing to do until something is submitted, released or cancelled. */
  | { readonly kind: "idle" }
  | { readonly kind: "open"; readonly id: string }
  | { readonly kind: "step"; readonly ids: string[] }
  | { readonly kind: "decode"; readonly id: string }
  /** Give up the slot of a paused edit to make room; it will be opened anew, from its seed. Needs no report. */
  | { readonly kind: "close"; readonly id: string };

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly code: "QUEUE_FULL"; readonly retryAfterMs: number }
  | { readonly admitted: false; readonly code: "DEADLINE_UNREACHABLE"; readonly earliestMs: number };

/** Milliseconds from now. */
export interface Interval {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export interface Estimate {
  /** 0 has begun; 1 begins next. */
  readonly position: number;
  readonly start: Interval;
  readonly end: Interval;
}

export interface Limits {
  /** Rows of one step. */
  readonly rowsMax: number;
  /** Edits open in the engine at once, running, paused and finished ones together. */
  readonly openMax: number;
  /** Bytes of their latents. */
  readonly openBytesMax: number;
  /** Milliseconds of estimated work that may be outstanding. */
  readonly backlogMsMax: number;
  /** What one account may have of that, 0…1: a flood of its own must not close the door to others. */
  readonly accountShareMax: number;
}

export const limitsDefault: Limits = {
  // The last measured gain of the published curves: 3.14 at 8 rows, 3.21 at 16.
  rowsMax: 16,
  // The engine holds 64 slots; a few are left to what measures and to decodings that were cancelled.
  openMax: 60,
  openBytesMax: 2 ** 30,
  // People wait minutes for a picture, not hours.
  backlogMsMax: 600_000,
  accountShareMax: 0.5,
};

export interface Goal {
  /** An edit older than this goes before everything younger, whatever its class, bucket or account. */
  readonly overdueMs: number;
  /**
   * Ageing of shortest remaining first: milliseconds of remaining work that a millisecond of age makes up for. 0 is pure
   * shortest first, infinity first come first served.
   */
  readonly ageing: number;
  /**
   * Interactive edits of at least so many steps run their first one early, before others' work, while few wait: for one
   * part in so many of everybody's time each of them shows life at once.
   */
  readonly earlyStepsMin: number;
  /** How much slower a step may become to take along edits of a lower class. */
  readonly riderStretch: number;
}

export const goalDefault: Goal = { overdueMs: 300_000, ageing: 0.1, earlyStepsMin: 16, riderStretch: 1.25 };
