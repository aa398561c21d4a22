import { Failed } from "../core/errors.ts";

/** What Prisma and its adapters throw: a code of the client's, or a kind of the connection's. */
interface Fault {
  readonly code?: unknown;
  readonly cause?: { readonly kind?: unknown };
}

/** Codes and kinds of faults that pass: no answer, no connection left, a turn that did not come, two in each other's way. */
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
]);

/** Whether a row could not be written because another has the same key. */
export function isConflict(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as Fault;
  return code === "P2002" || cause?.kind === "UniqueConstraintViolation";
}

/** Throws `Failed` in place of a fault that passes, and every other error as it is. */
export function rethrow(error: unknown): never {
  const { code, cause } = (error ?? {}) as Fault;
  if (!passing.has(code) && !passing.has(cause?.kind)) throw error;
  throw new Failed("INTERNAL", "the database does not answer; try again", { retryable: true, cause: error });
}

/** What went wrong, in a line: Prisma puts it last, after the call that met it. */
export function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? "for no reason that it gives";
}
