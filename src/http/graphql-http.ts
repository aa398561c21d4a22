import type { IncomingMessage } from "node:http";
import { type ApolloServer, type BaseContext, HeaderMap } from "@apollo/server";
import type { Clock } from "../core/clock.ts";
import { assert } from "../core/errors.ts";
import { Shares } from "../core/shares.ts";
import { contentLength, readBody } from "./body.ts";
import { HttpRefused, tooMany } from "./error-answer.ts";
import type { Exchange, Handler } from "./exchange.ts";

/**
 * 8 MiB: the largest picture that may stand in a request as a data URI (4 MB, 5.6 MB in base64) with room beside it.
 * Larger ones, and several large ones, come by upload.
 */
const bodyBytesMax = 2 ** 23;

/** 16 KiB: what is read of anybody. Signing in takes a hundredth of it. */
const strangerBytesMax = 2 ** 14;

/** Bytes of larger bodies under way, until they are answered. */
const atOnce = { max: 256 * 2 ** 20, accountMax: 32 * 2 ** 20 } as const;

const refusal = tooMany(
  {
    account: `an account sends ${atOnce.accountMax / 2 ** 20} MiB in requests at once at most; upload pictures instead`,
    all: "too many large requests are under way; try again in a second",
  },
  1000,
);

/** Values in a large body. It is their number that parsing takes its time for; a picture, or a list as text, is one. */
const valuesMax = 100_000;

export interface GraphqlPorts<Context extends BaseContext> {
  readonly apollo: ApolloServer<Context>;
  /** Who asks. Made once a request is there in whole. */
  readonly contextOf: (request: IncomingMessage) => Promise<Context>;
  /** Whose key a request shows; throws `Refused` UNAUTHENTICATED for none that is valid. */
  readonly callerOf: (request: IncomingMessage) => Promise<{ readonly accountId: string }>;
  readonly clock: Clock;
}

/**
 * `GET|POST /graphql`, through Apollo's own request pipeline: its errors, its prevention of CSRF, its content types. Of
 * whoever shows no key no more is read than signing in needs.
 */
export function graphqlHandler<Context extends BaseContext>(ports: GraphqlPorts<Context>): Handler {
  const shares = new Shares(atOnce);
  return async (exchange) => {
    if (!bringsJson(exchange)) return answer(exchange, ports, undefined);
    const length = contentLength(exchange) ?? bodyBytesMax;
    const read = async () => answer(exchange, ports, await readJson(exchange, length, ports.clock));
    if (length <= strangerBytesMax) return read();
    const { accountId } = await ports.callerOf(exchange.request);
    // What is longer will be refused for that.
    return shares.runNow(accountId, read, refusal, Math.min(length, bodyBytesMax));
  };
}

async function answer<Context extends BaseContext>(
  exchange: Exchange,
  { apollo, contextOf }: GraphqlPorts<Context>,
  body: unknown,
): Promise<void> {
  const { request, response, method, query } = exchange;
  const answered = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: method === "HEAD" ? "GET" : method,
      headers: headerMap(request),
      search: query && `?${query}`,
      body,
    },
    context: () => contextOf(request),
  });
  for (const [name, value] of answered.headers) response.setHeader(name, value);
  // The schema has no @defer and no @stream, so Apollo never answers in parts.
  assert(answered.body.kind === "complete", "an answer in parts");
  exchange.send(answered.status ?? 200, { "cache-control": "no-store" }, answered.body.string);
}

/** Anything else goes on without a body, so that Apollo says what it wants. */
function bringsJson({ method, request }: Exchange): boolean {
  return method === "POST" && request.headers["content-type"]?.toLowerCase().startsWith("application/json") === true;
}

async function readJson(exchange: Exchange, length: number, clock: Clock): Promise<unknown> {
  const bytes = await readBody(exchange, bodyBytesMax, clock);
  if (length > strangerBytesMax && holdsTooMany(bytes))
    throw new HttpRefused(413, "TOO_COMPLEX", `the body holds more than ${valuesMax} values`);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpRefused(400, "BAD_INPUT", "the body is no JSON");
  }
}

/** Counts what begins a value outside of texts. */
function holdsTooMany(bytes: Buffer): boolean {
  let count = 0;
  let inText = false;
  for (let at = 0; at < bytes.length && count <= valuesMax; at += 1) {
    const byte = bytes[at];
    if (byte === marks.backslash) at += 1;
    else if (byte === marks.quote) inText = !inText;
    else if (!inText && (byte === marks.comma || byte === marks.bracket || byte === marks.brace)) count += 1;
  }
  return count > valuesMax;
}

const marks = { quote: 0x22, comma: 0x2c, bracket: 0x5b, backslash: 0x5c, brace: 0x7b } as const;

function headerMap({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === "string" ? value : value.join(", "));
  }
  return map;
}
