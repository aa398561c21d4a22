import { Failed } from "../core/errors.ts";

/** What Prisma and its adapters throw: a code of the client's, or a cause of the connection's. */
interface Fault {
  readonly code?: unknown;
  readonly cause?: Cause;
  /** Has the cause, where the statement was raw. */
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: Cause } };
  readonly message?: unknown;
}

interface Cause {
  readonly kind?: unknown;
  /** The database's own. */
  readonly originalCode?: unknown;
}

/**
 * Codes and kinds of faults that pass: no answer, no connection left, a turn that did not come, two in each other's way; and
 * what PostgreSQL says as it ends, while it starts, and of what took too long.
 */
const passing: ReadonlySet<unknown> = new Set([
  "P1001",
  "P1002",
  "P1008",
  "P1017",
  "P2024",
  "P2028",
  "P2034",
  "DatabaseNotReachable",
  "ConnectionClosed",
  "TooManyConnections",
  "SocketTimeout",
  "TransactionWriteConflict",
  "57P01",
  "57P02",
  "57P03",
  "57014",
  "25P03",
  "EPIPE",
  "EHOSTUNREACH",
  "EAI_AGAIN",
]);

/** What the driver of PostgreSQL says, with no code, of a connection that is gone or did not come. */
const disconnected =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout ex(ceeded|pired))/;

/** The database does not answer for now: what was asked of it may be asked again. */
export class NoAnswer extends Failed {
  constructor(cause: unknown) {
    super("INTERNAL", "the database does not answer; try again", { retryable: true, cause });
  }
}

/** Whether a row could not be written because another has the same key. */
export function isConflict(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as Fault;
  return code === "P2002" || cause?.kind === "UniqueConstraintViolation";
}

/** Whether it is a fault of the database that passes. */
export function isPassing(error: unknown): boolean {
  const { code, cause, meta, message } = (error ?? {}) as Fault;
  const { kind, originalCode } = cause ?? meta?.driverAdapterError?.cause ?? {};
  const isKnown = [code, kind, originalCode].some((one) => passing.has(one));
  return error instanceof NoAnswer || isKnown || disconnected.test(String(message));
}

/** Throws `NoAnswer` in place of a fault that passes, and every other error as it is. */
export function rethrow(error: unknown): never {
  throw isPassing(error) ? new NoAnswer(error) : error;
}

/** What went wrong, in a line: Prisma puts it last, after the call that met it. */
export function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? "for no reason that it gives";
}
