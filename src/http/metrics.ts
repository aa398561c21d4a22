import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { HttpRefused } from "./error-answer.ts";
import type { Handler } from "./exchange.ts";

type Reading = number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

/** A number that is asked for when the metrics are read; with `labelNames`, one per combination of labels. */
export interface GaugeSource {
  /** `pentimento_…`, with its unit last. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  read(): Reading | Promise<Reading>;
}

/** From 1 ms to 10 s: GraphQL answers in single milliseconds, an upload over a slow line in seconds. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the edge counts, beside what others let it read. Labels are route templates and statuses, never ids. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram<"route" | "method" | "status">;

  /** `processMetrics` adds memory, processor, garbage collection and loop delay of this process; once per process. */
  constructor({
    gauges = [],
    processMetrics = false,
  }: { gauges?: readonly GaugeSource[]; processMetrics?: boolean } = {}) {
    this.#durations = new Histogram({
      name: "pentimento_http_request_duration_seconds",
      help: "Time from a request's head to the end of its answer",
      labelNames: ["route", "method", "status"],
      buckets: durationBuckets,
      registers: [this.#registry],
    });
    for (const source of gauges) this.#addGauge(source);
    if (processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  observe(route: string, method: string, status: number, ms: number): void {
    this.#durations.labels(route, method, `${status}`).observe(ms / 1000);
  }

  /** All of it in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #addGauge({ name, help, labelNames = [], read }: GaugeSource): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      async collect() {
        const found = await read();
        this.reset();
        if (typeof found === "number") this.set(found);
        else for (const { labels, value } of found) this.set(labels, value);
      },
    });
  }
}

/**
 * `GET /metrics`: with the token as `Authorization: Bearer`, or, when none is set, straight from this machine only.
 *
 * @param isProxied whether a proxy stands before the server: its requests come from this machine too
 */
export function metricsHandler(metrics: Metrics, token: string | undefined, isProxied: boolean): Handler {
  return async (exchange) => {
    const { request } = exchange;
    if (token === undefined ? isProxied || !isLocal(request) : !hasToken(request, token)) {
      throw token === undefined
        ? new HttpRefused(403, "FORBIDDEN", "metrics are served to this machine only, unless a token is set")
        : new HttpRefused(401, "UNAUTHENTICATED", "metrics need Authorization: Bearer with the metrics token");
    }
    exchange.send(200, { "content-type": metrics.contentType, "cache-control": "no-store" }, await metrics.text());
  };
}

/** A proxy on this machine speaks for others, and says so. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  if (headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  return ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(socket.remoteAddress ?? "");
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ""), digest(`Bearer ${token}`));
}
