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

function passes({ code, cause, meta, message }: Fault): boolean {
  const { kind, originalCode } = cause ?? meta?.driverAdapterError?.cause ?? {};
  return [code, kind, originalCode].some((one) => passing.has(one)) || disconnected.test(String(message));
}

/** Whether a row could not be written because another has the same key. */
export function isConflict(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as Fault;
  return code === "P2002" || cause?.kind === "UniqueConstraintViolation";
}

/** Throws `Failed` in place of a fault that passes, and every other error as it is. */
export function rethrow(error: unknown): never {
  if (!passes((error ?? {}) as Fault)) throw error;
  throw new Failed("INTERNAL", "the database does not answer; try again", { retryable: true, cause: error });
}

/** What went wrong, in a line: Prisma puts it last, after the call that met it. */
export function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? "for no reason that it gives";
}
