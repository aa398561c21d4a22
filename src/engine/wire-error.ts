import { z } from "zod";
import { type ErrorCode, Failed, Refused } from "../core/errors.ts";
import { textMax } from "./limits.ts";

/** Pixels that a call needs are not in the child (any more): stage them and call again. */
export class NotStaged extends Failed {
  readonly digests: readonly string[];

  constructor(digests: readonly string[]) {
    super("ENGINE_FAILED", "pixels are not staged", { retryable: true });
    this.digests = digests;
  }
}

const code = z.custom<ErrorCode>((value) => typeof value === "string" && /^[A-Z_]{1,40}$/.test(value));
const text = z.string().max(textMax);

/** An error as it travels. */
export const wireError = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("refused"), code, message: text, faults: z.array(text) }),
  z.strictObject({ kind: z.literal("failed"), code, message: text, retryable: z.boolean(), detail: text }),
  z.strictObject({ kind: z.literal("notStaged"), digests: z.array(text) }),
]);
export type WireError = z.infer<typeof wireError>;

/**
 * Any error as data. What is neither `Refused` nor `Failed` becomes a retryable ENGINE_FAILED whose public message says
 * nothing of it; its first line travels apart, as the cause.
 */
export function encodeError(error: unknown): WireError {
  if (error instanceof Refused) {
    return { kind: "refused", code: error.code, message: cut(error.message), faults: error.faults.map(cut) };
  }
  if (error instanceof NotStaged) return { kind: "notStaged", digests: [...error.digests] };
  if (error instanceof Failed) {
    const { code, message, retryable, cause } = error;
    return { kind: "failed", code, message: cut(message), retryable, detail: firstLine(cause) };
  }
  const message = "the engine could not finish this call";
  return { kind: "failed", code: "ENGINE_FAILED", message, retryable: true, detail: firstLine(error) };
}

/** The error that `encodeError` was given, as far as it matters. */
export function decodeError(error: WireError): Refused | Failed {
  if (error.kind === "refused") return new Refused(error.code, error.message, error.faults);
  if (error.kind === "notStaged") return new NotStaged(error.digests);
  const { code, message, retryable, detail } = error;
  return new Failed(code, message, { retryable, ...(detail === "" ? {} : { cause: new Error(detail) }) });
}

function firstLine(error: unknown): string {
  if (error === undefined) return "";
  return cut((error instanceof Error ? error.message : String(error)).split("\n")[0]!);
}

function cut(message: string): string {
  return message.length > textMax ? message.slice(0, textMax) : message;
}
