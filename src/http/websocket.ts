import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { handleProtocols } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import type { Role, Viewer } from "../core/account.ts";
import { type Clock, every } from "../core/clock.ts";
import type { UpgradePort } from "./app.ts";
import { type Connection, GraphqlProtocol, type GraphqlSocketPorts } from "./graphql-socket.ts";
import type { Log } from "./log.ts";
import { Outbox } from "./outbox.ts";

/** Counts, bytes and milliseconds of one server. */
const limits = {
  /** Open sockets in all; each costs some 20 KiB. */
  socketsMax: 10_000,
  /** A message holds a query and its variables; pictures come by upload or HTTP. */
  messageBytesMax: 2 ** 18,
  /** A client that answers no ping within this time is gone. */
  pingEveryMs: 15_000,
} as const;

export interface WebSocketOptions extends GraphqlSocketPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Open sockets in all; 10,000 when left out. */
  readonly socketsMax?: number;
}

/** Every WebSocket of the server: accepted, kept alive, found again by account or key, closed in time. */
export class WebSockets implements UpgradePort {
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.messageBytesMax,
    perMessageDeflate: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #quiet = new Set<WebSocket>();
  readonly #protocol: GraphqlProtocol;
  readonly #clock: Clock;
  readonly #socketsMax: number;
  readonly #pings: AsyncDisposable;
  #onEmpty = () => {};

  constructor({ clock, log, socketsMax = limits.socketsMax, ...ports }: WebSocketOptions) {
    this.#clock = clock;
    this.#socketsMax = socketsMax;
    this.#protocol = new GraphqlProtocol(ports, (accountId) => this.#count(accountId), log);
    this.#pings = every(
      clock,
      limits.pingEveryMs,
      async () => this.#ping(),
      () => {},
    );
  }

  /** Open sockets, and the subscriptions on them. */
  get counts(): { sockets: number; subscriptions: number } {
    let subscriptions = 0;
    for (const connection of this.#connections.values()) subscriptions += connection.operations;
    return { sockets: this.#connections.size, subscriptions };
  }

  /** Whoever has sockets open, each once for every key and role that these were opened with. */
  get viewers(): Viewer[] {
    const all = [...this.#connections.values()].flatMap(({ viewer }) => viewer ?? []);
    return [...new Map(all.map((viewer) => [`${viewer.keyId} ${viewer.role}`, viewer])).values()];
  }

  accept(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    if (this.#connections.size >= this.#socketsMax && !this.#dropStranger()) {
      connection.once("finish", () => connection.destroy());
      connection.end(`HTTP/1.1 503 ${STATUS_CODES[503]}\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, connection, head, (socket) => this.#open(socket, connection));
  }

  /** The socket that has been open longest without showing a key makes room; false where all have shown one. */
  #dropStranger(): boolean {
    for (const [socket, { viewer }] of this.#connections) {
      if (viewer !== undefined) continue;
      this.#connections.delete(socket);
      socket.terminate();
      return true;
    }
    return false;
  }

  /** Closes all sockets of an account at once, as when it is suspended. */
  closeAccount(accountId: string, reason: string): void {
    this.#closeWhere(({ viewer }) => viewer?.accountId === accountId, 4403, reason);
  }

  /** Closes all sockets that were opened with a key. */
  closeKey(keyId: string, reason: string): void {
    this.#closeWhere(({ viewer }) => viewer?.keyId === keyId, 4401, reason);
  }

  /** Closes the sockets that an account opened in another role than it has now; they may be opened again at once. */
  closeOtherRoles(accountId: string, role: Role): void {
    const differs = ({ viewer }: Connection) => viewer?.accountId === accountId && viewer.role !== role;
    this.#closeWhere(differs, 1012, "The account has another role now");
  }

  async close(graceMs: number): Promise<void> {
    await this.#pings[Symbol.asyncDispose]();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    this.#closeWhere(() => true, 1001, "The server is going away");
    const callOff = this.#clock.after(graceMs, () => {
      for (const socket of this.#connections.keys()) socket.terminate();
    });
    await empty;
    callOff();
  }

  #open(socket: WebSocket, raw: Duplex): void {
    const connection = this.#protocol.open(socket, new Outbox(socket, raw));
    this.#connections.set(socket, connection);
    socket.on("pong", () => this.#quiet.delete(socket));
    // A broken frame or a message too large; ws has closed the socket with the right code.
    socket.on("error", () => {});
    socket.once("close", (code, reason) => {
      this.#connections.delete(socket);
      this.#quiet.delete(socket);
      connection.end(code, reason.toString());
      if (this.#connections.size === 0) this.#onEmpty();
    });
  }

  #count(accountId: string): number {
    let count = 0;
    for (const { viewer } of this.#connections.values()) if (viewer?.accountId === accountId) count += 1;
    return count;
  }

  #closeWhere(matches: (connection: Connection) => boolean, code: number, reason: string): void {
    for (const [socket, connection] of this.#connections) {
      if (!matches(connection)) continue;
      // Nothing more goes out, not even what its subscriptions still have to say.
      connection.end(code, reason);
      socket.close(code, reason);
    }
  }

  /** Whoever has not answered the last ping is cut off: its connection is dead, or it has stopped reading. */
  #ping(): void {
    for (const socket of this.#connections.keys()) {
      if (this.#quiet.has(socket)) socket.terminate();
      else {
        this.#quiet.add(socket);
        socket.ping();
      }
    }
  }
}
