import type { IncomingMessage } from "node:http";
import { type ApolloServer, type BaseContext, HeaderMap } from "@apollo/server";
import { assert } from "../core/errors.ts";
import { readBody } from "./body.ts";
import { HttpRefused } from "./error-answer.ts";
import type { Exchange, Handler } from "./exchange.ts";

/**
 * 8 MiB: the largest picture that may stand in a request as a data URI (4 MB, 5.6 MB in base64) with room beside it.
 * Larger ones, and several large ones, come by upload.
 */
const bodyBytesMax = 2 ** 23;

/** Who asks. Made once per request; `signal` is aborted when the client goes away. */
export type ContextOf<Context> = (request: IncomingMessage, signal: () => AbortSignal) => Promise<Context>;

/** `GET|POST /graphql`, through Apollo's own request pipeline: its errors, its prevention of CSRF, its content types. */
export function graphqlHandler<Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  contextOf: ContextOf<Context>,
): Handler {
  return async (exchange) => {
    const { request, response, method, query } = exchange;
    const body = method === "POST" ? await readJson(exchange) : undefined;
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: method === "HEAD" ? "GET" : method,
        headers: headerMap(request),
        search: query && `?${query}`,
        body,
      },
      context: () => contextOf(request, () => exchange.signal),
    });
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    // The schema has no @defer and no @stream, so Apollo never answers in parts.
    assert(answer.body.kind === "complete", "an answer in parts");
    exchange.send(answer.status ?? 200, { "cache-control": "no-store" }, answer.body.string);
  };
}

async function readJson(exchange: Exchange): Promise<unknown> {
  const type = exchange.request.headers["content-type"];
  // Anything else goes on without a body, so that Apollo says what it wants.
  if (!type?.toLowerCase().startsWith("application/json")) return undefined;
  const bytes = await readBody(exchange, bodyBytesMax);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpRefused(400, "BAD_INPUT", "the body is no JSON");
  }
}

function headerMap({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === "string" ? value : value.join(", "));
  }
  return map;
}
