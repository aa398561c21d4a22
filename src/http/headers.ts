import type { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";

/** On every answer; a handler may replace what it must. JSON and errors load nothing, run nothing, are framed nowhere. */
const always: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-resource-policy", "same-origin"],
];

export function secure(response: ServerResponse): void {
  for (const [name, value] of always) response.setHeader(name, value);
}

/**
 * Whom a browser may let read the answers. `anyone`: signed URLs carry their right in themselves and no cookie counts.
 * `listed`: the same origin and those of the configuration. `self`: no header, so only the same origin.
 */
export type Sharing = "anyone" | "listed" | "self";

/** A day; browsers cap it lower. */
const preflightSeconds = 86_400;

/** Puts the CORS headers on the answer. False when the request comes from a page that may not ask at all. */
export function share(exchange: Exchange, sharing: Sharing, origins: readonly string[]): boolean {
  const { request, response } = exchange;
  const { origin } = request.headers;
  if (sharing === "anyone") {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "etag, content-range, content-disposition, retry-after");
    response.setHeader("cross-origin-resource-policy", "cross-origin");
    return true;
  }
  if (sharing === "self" || origin === undefined) return true;
  response.setHeader("vary", "origin");
  if (!mayAsk(origin, request.headers.host, origins)) return false;
  if (!origins.includes(origin)) return true;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "retry-after");
  return true;
}

/** Whether a page of this origin may open what only listed origins may. A request of no page has no origin. */
export function mayAsk(origin: string | undefined, host: string | undefined, origins: readonly string[]): boolean {
  return origin === undefined || isOwnOrigin(origin, host) || origins.includes(origin);
}

/**
 * Behind a proxy that ends TLS the scheme differs, so the host alone is compared. One that passes on no host is known by the
 * public address, which is among the listed.
 */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && /^https?:\/\//.test(origin) && origin.slice(origin.indexOf("//") + 2) === host;
}

export function answerPreflight(exchange: Exchange, methods: readonly string[], sharing: Sharing): void {
  exchange.send(204, {
    allow: [...methods, "OPTIONS"].join(", "),
    ...(sharing === "self"
      ? {}
      : {
          "access-control-allow-methods": methods.join(", "),
          "access-control-allow-headers":
            "content-type, authorization, range, if-none-match, if-range, apollo-require-preflight, x-apollo-operation-name",
          "access-control-max-age": preflightSeconds,
        }),
  });
}
