import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { answerError, HttpRefused } from "./error-answer.ts";
import { Exchange } from "./exchange.ts";
import { answerPreflight, mayAsk, secure, share } from "./headers.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { methodsOf, type Route, Router } from "./router.ts";

/** Milliseconds, bytes and counts that a client cannot stretch. */
const limits = {
  /** The head of a request: cookies and an Authorization header have room, a flood has none. */
  headerBytesMax: 16 * 1024,
  /** A client that sends its head a byte at a time is cut off. */
  headersMsMax: 10_000,
  /** 20 MiB at 1 Mbit/s. */
  requestMsMax: 180_000,
  /** Longer than proxies keep theirs, so that it is not we who close under a request (nginx: 60 s). */
  keepAliveMs: 65_000,
  /** A client that neither reads nor writes. */
  idleMsMax: 120_000,
  /** How often the above is looked at. */
  checkMs: 5_000,
  /** What is under way when the server stops; Docker kills after 10 s, of which the engine gets its own share. */
  graceMs: 5_000,
} as const;

/** Answers no one needs to read about. */
const quietRoutes: readonly string[] = ["/healthz", "/readyz", "/metrics"];

/** What takes over a connection that asks to become a WebSocket. */
export interface UpgradePort {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every client to come back later and closes its socket; after `graceMs` cuts what is left. */
  close(graceMs: number): Promise<void>;
}

export interface AppPorts {
  readonly routes: readonly Route[];
  /** For `/graphql`; every other upgrade is refused. */
  readonly webSockets?: UpgradePort;
  /** Origins, as `https://example.org`, whose pages may use `/graphql` beside our own. */
  readonly origins: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The HTTP server: finds the route, sees to what holds for every answer, counts and logs it. */
export class App {
  /** Listens when its owner says so. */
  readonly server: Server;
  readonly #ports: AppPorts;
  readonly #router: Router;
  /** Connections on which no request has come yet. Node takes them for busy ones. */
  readonly #silent = new Set<Socket>();
  #closing = false;

  constructor(ports: AppPorts) {
    this.#ports = ports;
    this.#router = new Router(ports.routes);
    this.server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersMsMax,
      requestTimeout: limits.requestMsMax,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkMs,
      noDelay: true,
    });
    this.server.timeout = limits.idleMsMax;
    this.server.on("connection", (socket) => {
      this.#silent.add(socket);
      socket.once("close", () => this.#silent.delete(socket));
    });
    this.server.on("request", (request, response) => this.#handle(request, response, false));
    this.server.on("checkContinue", (request, response) => this.#handle(request, response, true));
    this.server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Accepts no more, lets what is under way end, and cuts what has not ended after five seconds. */
  async close(): Promise<void> {
    const { graceMs } = limits;
    this.#closing = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    for (const socket of this.#silent) socket.destroy();
    const callOff = this.#ports.clock.after(graceMs, () => this.server.closeAllConnections());
    await Promise.all([closed, this.#ports.webSockets?.close(graceMs)]);
    callOff();
  }

  #handle(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    this.#silent.delete(request.socket);
    const exchange = new Exchange(request, response, awaitsContinue);
    this.#observe(exchange);
    secure(response);
    if (this.#closing) response.setHeader("connection", "close");
    this.#answer(exchange).catch((error: unknown) => {
      const status = answerError(exchange, error);
      if (!(error instanceof Refused))
        this.#ports.log.error("request failed", { route: exchange.route, status, err: error });
    });
  }

  async #answer(exchange: Exchange): Promise<void> {
    const found = this.#router.find(exchange.path);
    if (found === undefined) throw new HttpRefused(404, "NOT_FOUND", "there is nothing at this path");
    const { route, id } = found;
    exchange.route = route.template;
    exchange.id = id;
    if (!share(exchange, route.sharing, this.#ports.origins)) {
      throw new HttpRefused(403, "FORBIDDEN", "pages of this origin may not use this server");
    }
    const { method } = exchange;
    const handler = route.handlers[(method === "HEAD" ? "GET" : method) as "GET"];
    if (Object.hasOwn(route.handlers, method === "HEAD" ? "GET" : method)) return handler!(exchange);
    if (method === "OPTIONS") return answerPreflight(exchange, methodsOf(route), route.sharing);
    const allow = methodsOf(route).join(", ");
    throw new HttpRefused(405, "BAD_INPUT", `${route.template} takes ${allow}`, { allow });
  }

  #observe(exchange: Exchange): void {
    const { clock, log, metrics } = this.#ports;
    const { response, method } = exchange;
    const started = clock.now();
    response.once("close", () => {
      const ms = clock.now() - started;
      // 499 is nginx's word for a client that left before its answer was complete.
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.observe(exchange.route, method, status, ms);
      if (!quietRoutes.includes(exchange.route)) {
        log.info("request", { route: exchange.route, method, status, ms: Math.round(ms * 10) / 10 });
      }
      // The connection counts as idle only after this event.
      if (this.#closing) setImmediate(() => this.server.closeIdleConnections());
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#silent.delete(request.socket);
    socket.on("error", () => socket.destroy());
    const { webSockets, origins } = this.#ports;
    const { origin, host } = request.headers;
    const refuse = (status: 400 | 403 | 404 | 503) => refuseUpgrade(socket, status);
    if (webSockets === undefined || request.url?.split("?")[0] !== "/graphql") refuse(404);
    else if (request.headers.upgrade?.toLowerCase() !== "websocket") refuse(400);
    else if (!mayAsk(origin, host, origins)) refuse(403);
    else if (this.#closing) refuse(503);
    else webSockets.accept(request, socket, head);
  }
}

function refuseUpgrade(socket: Duplex, status: 400 | 403 | 404 | 503): void {
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
