import { once } from "node:events";
import type { Duplex } from "node:stream";
import { buildSchema, execute, type GraphQLError, type GraphQLSchema, parse } from "graphql";
import type { SubscribePayload } from "graphql-ws";
import { WebSocket } from "ws";
import type { Viewer } from "../../src/core/account.ts";
import { Refused } from "../../src/core/errors.ts";
import { createLog } from "../../src/http/log.ts";
import { WebSockets } from "../../src/http/websocket.ts";
import { SetClock } from "../support/set-clock.ts";
import { Edge } from "./edge.ts";

/** An event of the test's own feed. */
export interface Tick {
  readonly seq: number;
  readonly kind: "step" | "end" | "other";
  readonly text?: string;
}

const schema = buildSchema(`
  type Query { whoami: String! }
  type Tick { seq: Int! kind: String! text: String owner: String! }
  type Subscription { progress(editId: String!): Tick! activity: Tick! private: Tick! broken: Tick! }
`);

/** A feed that the test pushes to, behind a schema, behind the WebSockets of an Edge. */
export class SocketEdge implements AsyncDisposable {
  readonly clock = new SetClock();
  readonly suspended = new Set<string>();
  readonly sockets: WebSockets;
  /** Sources opened so far, by field. */
  readonly opened: string[] = [];
  /** Events that were resolved. */
  resolved = 0;
  readonly #feeds = new Set<Feed>();
  #edge: Edge | undefined;

  private constructor({ logged = [], ...socketsMax }: { logged?: string[]; socketsMax?: number }) {
    const log = createLog("debug", { write: (line: string) => logged.push(line) });
    this.sockets = new WebSockets({
      clock: this.clock,
      log,
      ...socketsMax,
      schema: this.#schema(),
      rules: [],
      parseOptions: {},
      executionOptions: {},
      authenticate: async ({ authorization }) => authenticate(authorization),
      mayServe: (accountId) => !this.suspended.has(accountId),
      contextFor: (viewer) => viewer,
      execute: async ({ query }: SubscribePayload, viewer) => {
        const result = await execute({ schema, document: parse(query), rootValue: { whoami: viewer.accountId } });
        return JSON.parse(JSON.stringify(result));
      },
      formatError: (error: GraphQLError) => ({
        message: error.message,
        extensions: { code: error.originalError instanceof Refused ? error.originalError.code : "INTERNAL" },
      }),
      shared: { progress: "replay", activity: "live" },
      supersedes: (event) => ((event as Tick).kind === "step" ? "steps" : undefined),
    });
  }

  static async start(options: { logged?: string[]; socketsMax?: number } = {}): Promise<SocketEdge> {
    const sockets = new SocketEdge(options);
    sockets.#edge = await Edge.start({ webSockets: sockets.sockets, origins: ["https://listed.example"] });
    return sockets;
  }

  get edge(): Edge {
    return this.#edge!;
  }

  /** Sources that somebody listens to. */
  get listening(): number {
    return this.#feeds.size;
  }

  push(tick: Tick): void {
    for (const feed of this.#feeds) feed.push(tick);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge[Symbol.asyncDispose]();
  }

  #schema(): GraphQLSchema {
    const fields = schema.getSubscriptionType()!.getFields();
    for (const [name, field] of Object.entries(fields)) {
      field.subscribe = () => {
        this.opened.push(name);
        if (name === "broken") throw new Refused("NOT_FOUND", "there is no such edit");
        const feed = new Feed(() => this.#feeds.delete(feed));
        this.#feeds.add(feed);
        return feed;
      };
      field.resolve = (tick: Tick, _args: unknown, viewer: Viewer) => {
        this.resolved += 1;
        return { ...tick, owner: viewer.accountId };
      };
    }
    return schema;
  }
}

class Feed implements AsyncIterableIterator<Tick> {
  readonly #onReturn: () => void;
  readonly #ticks: Tick[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(tick: Tick): void {
    this.#ticks.push(tick);
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Tick>> {
    for (;;) {
      const tick = this.#ended ? undefined : this.#ticks.shift();
      if (tick !== undefined) {
        if (tick.kind === "end") await this.return();
        return { done: false, value: tick };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Tick>> {
    this.#ended = true;
    this.#wake?.();
    this.#onReturn();
    return { done: true, value: undefined };
  }
}

function authenticate(shown: string | undefined): Viewer {
  if (shown === "Bearer 500") throw new Error("the database does not answer");
  const match = /^Bearer ([a-z]+)(?:-([a-z]+))?$/.exec(shown ?? "");
  if (match === null) throw new Refused("UNAUTHENTICATED", "a key is needed");
  const [, accountId, keyId] = match;
  return { accountId: accountId!, role: "USER", ...(keyId ? { keyId } : {}) };
}

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client that speaks graphql-transport-ws one message at a time, so that a test sees each. */
export class TestClient {
  readonly socket: WebSocket;
  readonly received: Message[] = [];
  #waiting: (() => void) | undefined;
  #taken = 0;

  constructor(port: number, { protocol = "graphql-transport-ws", path = "/graphql", headers = {} } = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol ? [protocol] : [], { headers });
    this.socket.on("message", (data) => {
      this.received.push(JSON.parse(String(data)));
      this.#waiting?.();
    });
  }

  /** Connected and acknowledged. */
  static async connect(port: number, authorization: string): Promise<TestClient> {
    const client = new TestClient(port);
    await client.open();
    client.send({ type: "connection_init", payload: { authorization } });
    await client.next();
    client.received.length = 0;
    client.#taken = 0;
    return client;
  }

  async open(): Promise<void> {
    await once(this.socket, "open");
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables?: Record<string, unknown>): void {
    this.send({ type: "subscribe", id, payload: { query, ...(variables ? { variables } : {}) } });
  }

  /** The messages sent by `send` arrive together. */
  inOnePacket(send: () => void): void {
    const { _socket: connection } = this.socket as unknown as { _socket: Duplex };
    connection.cork();
    send();
    connection.uncork();
  }

  /** The next message that no test has seen. */
  async next(): Promise<Message> {
    while (this.#taken >= this.received.length) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#taken += 1;
    return this.received[this.#taken - 1]!;
  }

  /** The code and the reason with which the server closes. */
  async closed(): Promise<[number, string]> {
    const [code, reason] = await once(this.socket, "close");
    return [code, String(reason)];
  }
}
