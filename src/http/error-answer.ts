import { type ErrorCode, Failed, isExplained, Refused, unexplained } from "../core/errors.ts";
import type { Exchange } from "./exchange.ts";

const statuses: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  POLICY_NOT_ACCEPTED: 403,
  ACCOUNT_SUSPENDED: 403,
  BAD_INPUT: 400,
  BAD_MODEL: 500,
  NOT_FOUND: 404,
  IMAGE_TOO_LARGE: 413,
  IMAGE_UNREADABLE: 422,
  IMAGE_UNSUPPORTED: 415,
  UPLOAD_EXPIRED: 410,
  URL_EXPIRED: 410,
  IDEMPOTENCY_MISMATCH: 409,
  RATE_LIMITED: 429,
  QUOTA_EXCEEDED: 429,
  QUEUE_FULL: 503,
  DEADLINE_UNREACHABLE: 422,
  MODEL_UNAVAILABLE: 503,
  ENGINE_FAILED: 503,
  CONTENT_REFUSED: 403,
  TOO_COMPLEX: 400,
  // The client called off its own request: nobody reads the answer.
  CANCELLED: 499,
  INTERNAL: 500,
};

/** A refusal with a status of HTTP's own, where the code alone would say too little. */
export class HttpRefused extends Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    retryAfterMs?: number,
  ) {
    super(code, message, [], retryAfterMs);
    this.status = status;
    this.headers = headers;
  }
}

/** The refusal of what would be too much at once: 429 where it is the account's, 503 where others leave no room. */
export function tooMany(
  messages: Readonly<Record<"account" | "all", string>>,
  retryAfterMs: number,
): (full: "account" | "all") => HttpRefused {
  return (full) => new HttpRefused(full === "all" ? 503 : 429, "RATE_LIMITED", messages[full], {}, retryAfterMs);
}

/**
 * Answers `{ error: { code, message } }`, or at `/graphql` what GraphQL's clients read. What is not ours to explain is
 * masked; the caller logs it.
 * @returns the status
 */
export function answerError(exchange: Exchange, error: unknown): number {
  const { response } = exchange;
  const known = error instanceof Refused || error instanceof Failed ? error : undefined;
  const status = known instanceof HttpRefused ? known.status : statuses[known?.code ?? "INTERNAL"];
  if (response.headersSent) {
    // Half an answer cannot be taken back; cutting it off is the only way to say that it is not whole.
    response.destroy();
    return status;
  }
  const headers: Record<string, string> = known instanceof HttpRefused ? { ...known.headers } : {};
  if (known instanceof Refused && known.retryAfterMs !== undefined) {
    headers["retry-after"] = `${Math.max(1, Math.ceil(known.retryAfterMs / 1000))}`;
  }
  if (status === 401) headers["www-authenticate"] = "Bearer";
  const message = isExplained(known) ? known.message : unexplained;
  const body = bodyOf(exchange, known, message);
  if (status === 408) exchange.sendJson(status, body, { ...headers, connection: "close" });
  else afterBody(exchange, (more) => exchange.sendJson(status, body, { ...headers, ...more }));
  return status;
}

function bodyOf({ route }: Exchange, known: Refused | Failed | undefined, message: string): object {
  const code = known?.code ?? "INTERNAL";
  if (route !== "/graphql") return { error: { code, message } };
  const retryAfterMs = known instanceof Refused ? known.retryAfterMs : undefined;
  const retryable = known instanceof Refused ? retryAfterMs !== undefined : (known?.retryable ?? true);
  return {
    errors: [{ message, extensions: { code, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) } }],
  };
}

/** A body that is this long at most is read and thrown away, so that its sender comes to read the answer. */
const discardedBytesMax = 2 ** 25;

/** Answers once the rest of the body is out of the way, or at once where that may never be: then the connection ends. */
function afterBody(exchange: Exchange, answer: (headers: Record<string, string>) => void): void {
  const { request } = exchange;
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (request.complete || (length === undefined && encoding === undefined)) answer({});
  else if (exchange.holdsBodyBack || length === undefined || Number(length) > discardedBytesMax) {
    answer({ connection: "close" });
  } else {
    request.once("close", () => answer({}));
    request.resume();
  }
}
