/**
 * The codes a caller may see. A code is never reused for another meaning.
 * `BAD_MODEL` is for checkpoints and manifests, `CANCELLED` for calls that were called off,
 * `URL_EXPIRED` for signed URLs; the rest are those of the API.
 */
export const errorCodes = [
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "POLICY_NOT_ACCEPTED",
  "ACCOUNT_SUSPENDED",
  "BAD_INPUT",
  "BAD_MODEL",
  "NOT_FOUND",
  "IMAGE_TOO_LARGE",
  "IMAGE_UNREADABLE",
  "IMAGE_UNSUPPORTED",
  "UPLOAD_EXPIRED",
  "URL_EXPIRED",
  "IDEMPOTENCY_MISMATCH",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
  "QUEUE_FULL",
  "DEADLINE_UNREACHABLE",
  "MODEL_UNAVAILABLE",
  "ENGINE_FAILED",
  "CONTENT_REFUSED",
  "TOO_COMPLEX",
  "CANCELLED",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** The caller or the policy is the reason: the same request will be refused again, unless it is told when to retry. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: ErrorCode;
  /** Every fault found, each one line; the message is the first or a summary. */
  readonly faults: readonly string[];
  /** Milliseconds after which the same request may be accepted; only where waiting helps. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, faults: readonly string[] = [], retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.faults = faults;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The world is the reason (a dead child, a full disk, a missing device). */
export class Failed extends Error {
  override readonly name = "Failed";
  readonly code: ErrorCode;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/**
 * What callers are told in place of a failure that is INTERNAL, or of a bug: its own words may hold paths and what libraries
 * say, which is for the log.
 */
export const unexplained = "something went wrong here; the log of the server knows more";

/** Whether callers are told an error in its own words. */
export function isExplained(error: unknown): error is Refused | Failed {
  return error instanceof Refused || (error instanceof Failed && error.code !== "INTERNAL");
}

/** Our own bug. Never caught to go on: the process or the edit stops. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion: ${message}`);
}
