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
  const { code, cause } = (error ?? {}) as Fault;
  return error instanceof NoAnswer || passing.has(code) || passing.has(cause?.kind);
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
