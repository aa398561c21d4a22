import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, on, once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { type WebSocket, WebSocketServer } from "ws";
import { nextTurn, wallClock } from "../src/core/clock.ts";
import { createLog } from "../src/http/log.ts";
import { WebSockets } from "../src/http/websocket.ts";
import type { ClientCommand } from "./fan-out-clients.ts";

const subscribers = 1000;
/** Events of one burst; each goes to every subscriber. */
const events = 20;
const bursts = 7;
/** Characters of preview in an event: none, and a small WebP as a data URL. */
const previews = [0, 4000];

interface Burst {
  readonly wallMs: number;
  readonly cpuMs: number;
}

interface FanOut {
  readonly previewLength: number;
  /** Messages per second that arrived, in the median burst. */
  readonly rawPerSecond: number;
  readonly ourPerSecond: number;
  readonly ratio: number;
  /** The same of the server's processor time, in which the clients' work has no part. */
  readonly cpuRatio: number;
}

/**
 * One edit's progress to 1,000 sockets: through GraphQL, and as plain ws sends of messages of the same length, burst by
 * burst in turn. The clients are a process of their own and only count.
 */
export async function measureFanOut(): Promise<FanOut[]> {
  const clients = fork(join(import.meta.dirname, "fan-out-clients.ts"), { execArgv: ["--import", "tsx"] });
  try {
    const results: FanOut[] = [];
    for (const previewLength of previews) results.push(await measure(clients, previewLength));
    return results;
  } finally {
    clients.kill();
  }
}

async function measure(clients: ChildProcess, previewLength: number): Promise<FanOut> {
  const preview = "x".repeat(previewLength);
  const raw = await rawSockets(clients);
  const our = await graphqlSockets(clients);
  const found = { raw: [] as Burst[], our: [] as Burst[] };
  // In turn, so that both meet the same weather on the machine; the first of each warms up.
  for (let burst = 0; burst <= bursts; burst += 1) {
    found.raw[burst] = await measureBurst(clients, burst, preview, raw.send);
    found.our[burst] = await measureBurst(clients, burst, preview, our.send);
  }
  await raw.close();
  await our.close();
  const rate = (list: readonly Burst[]) =>
    (subscribers * events * 1000) / median(list.slice(1).map(({ wallMs }) => wallMs));
  const cpu = (list: readonly Burst[]) => median(list.slice(1).map(({ cpuMs }) => cpuMs));
  const [rawPerSecond, ourPerSecond] = [rate(found.raw), rate(found.our)];
  const cpuRatio = cpu(found.raw) / cpu(found.our);
  return { previewLength, rawPerSecond, ourPerSecond, ratio: ourPerSecond / rawPerSecond, cpuRatio };
}

/** A server with all its clients connected. */
interface Senders {
  send(progress: object): void;
  close(): Promise<void>;
}

async function rawSockets(clients: ChildProcess): Promise<Senders> {
  const server = createServer();
  const sockets = new Set<WebSocket>();
  new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => sockets.add(socket));
  await tell(clients, { kind: "open", url: await listen(server), sockets: subscribers }, "open");
  return {
    send(progress) {
      const text = JSON.stringify({ id: "123", type: "next", payload: { data: { progress } } });
      for (const socket of sockets) socket.send(text);
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      server.close();
    },
  };
}

async function graphqlSockets(clients: ChildProcess): Promise<Senders> {
  const feed = new EventEmitter();
  const schema = buildSchema(`
    type Query { nothing: String }
    type Progress { editId: ID! seq: Int! at: String! status: String! step: Int! total: Int! preview: String }
    type Subscription { progress(editId: ID!): Progress! }
  `);
  schema.getSubscriptionType()!.getFields().progress!.subscribe = async function* () {
    for await (const [progress] of on(feed, "progress")) yield { progress };
  };
  const sockets = new WebSockets({
    clock: wallClock,
    log: createLog("silent"),
    schema,
    rules: [],
    parseOptions: {},
    executionOptions: {},
    authenticate: async () => ({ accountId: "someone", role: "USER" }),
    mayServe: () => true,
    contextFor: () => ({}),
    execute: async () => ({ data: null }),
    formatError: (error) => error.toJSON(),
    shared: { progress: "replay" },
    // Every event is to arrive, so that both sides send the same number of messages.
    supersedes: () => undefined,
    socketsPerAccountMax: subscribers,
  });
  const server = createServer().on("upgrade", (request, socket, head) => sockets.accept(request, socket, head));
  const query = 'subscription { progress(editId: "e") { editId seq at status step total preview } }';
  await tell(clients, { kind: "open", url: `${await listen(server)}/graphql`, sockets: subscribers, query }, "open");
  while (sockets.counts.subscriptions < subscribers) await nextTurn();
  return {
    send: (progress) => feed.emit("progress", progress),
    async close() {
      await sockets.close(1000);
      server.close();
    },
  };
}

async function measureBurst(
  clients: ChildProcess,
  burst: number,
  preview: string,
  send: (progress: object) => void,
): Promise<Burst> {
  await tell(clients, { kind: "expect", messages: subscribers * events }, "expecting");
  const received = once(clients, "message");
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < events; i += 1) {
    send(event(burst * events + i, preview));
    await nextTurn();
  }
  await received;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

function event(seq: number, preview: string) {
  const at = "2026-01-01T00:00:00.000Z";
  return { editId: "0123456789abcdefghjkmnpqrs", seq, at, status: "RUNNING", step: seq, total: 28, preview };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function tell(clients: ChildProcess, command: ClientCommand, answer: string): Promise<void> {
  const answered = once(clients, "message");
  clients.send(command);
  const [given] = await answered;
  if (given !== answer) throw new Error(`the clients said ${given} where ${answer} was awaited`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
