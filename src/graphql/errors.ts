import { unwrapResolverError } from "@apollo/server/errors";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { type ErrorCode, Failed, isExplained, Refused, unexplained } from "../core/errors.ts";

/** What Apollo calls errors of the request itself, by our names. */
const requestCodes: Readonly<Record<string, ErrorCode>> = {
  GRAPHQL_PARSE_FAILED: "BAD_INPUT",
  GRAPHQL_VALIDATION_FAILED: "BAD_INPUT",
  BAD_USER_INPUT: "BAD_INPUT",
  BAD_REQUEST: "BAD_INPUT",
  OPERATION_RESOLUTION_FAILURE: "BAD_INPUT",
  PERSISTED_QUERY_NOT_FOUND: "BAD_INPUT",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_INPUT",
};

/**
 * An error as callers see it: `extensions { code, retryable, retryAfterMs?, faults? }`. What is not ours to explain is
 * masked, and handed to `report`.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  report: (error: unknown) => void,
): GraphQLFormattedError {
  const cause = causeOf(error);
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  };
  if (cause instanceof Refused) {
    const { code, message, faults, retryAfterMs } = cause;
    const waiting = retryAfterMs === undefined ? { retryable: false } : { retryable: true, retryAfterMs };
    return { message, ...place, extensions: { code, ...waiting, ...(faults.length > 1 && { faults }) } };
  }
  if (cause instanceof Failed) {
    const { code, message, retryable } = cause;
    if (!isExplained(cause)) report(cause);
    return { message: isExplained(cause) ? message : unexplained, ...place, extensions: { code, retryable } };
  }
  if (formatted.path === undefined && isStackOverflow(error)) {
    const message = "the request is nested too deeply to be read";
    return { message, extensions: { code: "TOO_COMPLEX", retryable: false } };
  }
  const code = codeOf(formatted, error);
  if (code !== undefined) {
    return { message: shorten(formatted.message), ...place, extensions: { code, retryable: false } };
  }
  report(cause);
  return { message: unexplained, ...place, extensions: { code: "INTERNAL", retryable: true } };
}

/** Apollo takes an error out of its wrapping only where a field threw it; what a socket refuses as a whole has no field. */
function causeOf(error: unknown): unknown {
  const original = error instanceof GraphQLError ? error.originalError : undefined;
  return original instanceof Refused || original instanceof Failed ? original : unwrapResolverError(error);
}

/** Reading and checking a document go down into it level by level. */
function isStackOverflow(error: unknown): boolean {
  if (error instanceof GraphQLError) return isStackOverflow(error.originalError);
  return error instanceof RangeError && error.message.includes("call stack");
}

/** GraphQL's own messages quote what was sent, however long it is; what is wrong with it stands before or after. */
function shorten(message: string): string {
  const [headLength, tailLength] = [400, 600];
  if (message.length <= headLength + tailLength) return message;
  return `${message.slice(0, headLength)} … ${message.slice(-tailLength)}`;
}

/** The code of an error that GraphQL itself found in a request; undefined for one that a resolver threw. */
function codeOf({ extensions }: GraphQLFormattedError, error: unknown): ErrorCode | undefined {
  if (extensions?.tooComplex === true) return "TOO_COMPLEX";
  const known = requestCodes[String(extensions?.code)];
  if (known !== undefined) return known;
  // Over WebSocket no server stands between: an error without a cause, or caused by one, is graphql-js's own.
  const isOwn = (one: unknown): one is GraphQLError => one instanceof GraphQLError && one.extensions.code === undefined;
  const mayBe = isOwn(error) && (error.originalError === undefined || isOwn(error.originalError));
  return mayBe ? "BAD_INPUT" : undefined;
}
