import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const connections = 16;
const rounds = 7;
const roundMs = 1000;

export interface SmallQuery {
  readonly rawPerSecond: number;
  readonly ourPerSecond: number;
  readonly ratio: number;
  /** Requests per second of this process's processor time: what is left of the ratio when others crowd the machine. */
  readonly cpuRatio: number;
}

interface Round {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/**
 * How many requests a second a server answers beside the same process's plain `node:http`, which reads the body and
 * answers as many bytes. The clients are a process per server; rounds alternate.
 *
 * @param port where `/graphql` is served, by this process
 * @param query a small one, answered without the database if that is to be left out
 */
export async function measureSmallQuery(port: number, query: string): Promise<SmallQuery> {
  const body = JSON.stringify({ query });
  const answer = await (
    await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    })
  ).text();
  const plain = await rawServer(answer);
  const raw: Round[] = [];
  const our: Round[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    raw.push(await measureRound((plain.address() as AddressInfo).port, body));
    our.push(await measureRound(port, body));
  }
  plain.close();
  // The first of each warms up.
  const middle = (list: readonly Round[], of: (round: Round) => number) => median(list.slice(1).map(of));
  const perSecond = ({ perSecond: found }: Round) => found;
  const perCpuSecond = ({ perCpuSecond: found }: Round) => found;
  const [rawPerSecond, ourPerSecond] = [middle(raw, perSecond), middle(our, perSecond)];
  const cpuRatio = middle(our, perCpuSecond) / middle(raw, perCpuSecond);
  return { rawPerSecond, ourPerSecond, ratio: ourPerSecond / rawPerSecond, cpuRatio };
}

async function rawServer(answer: string): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(answer) };
      response.writeHead(200, headers).end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function measureRound(port: number, body: string): Promise<Round> {
  const clients: ChildProcess = fork(
    join(import.meta.dirname, "small-query-clients.ts"),
    [`${port}`, "/graphql", body, `${connections}`],
    { execArgv: ["--import", "tsx"] },
  );
  await once(clients, "message");
  const count = async () => {
    const counted = once(clients, "message");
    clients.send("count");
    return (await counted)[0] as number;
  };
  await count();
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  await setTimeout(roundMs);
  const answers = await count();
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - started;
  clients.kill();
  return { perSecond: (answers * 1000) / ms, perCpuSecond: (answers * 1e6) / (user + system) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
