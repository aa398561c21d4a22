import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import sharp from "sharp";
import { WebSocket } from "ws";
import { AcceptPolicyDocument, SignInDocument, SuspendAccountDocument } from "../schema/generated/graphql.ts";
import { Client } from "../src/cli/client.ts";
import { readServerEnvironment } from "../src/config/environment.ts";
import { type Server, startServer } from "../src/server/server.ts";
import { createAccount } from "../src/store/accounts.ts";
import { createKey } from "../src/store/keys.ts";

const suspensions = 20;
const socketsEach = 3;

/** Milliseconds from the call of `suspendAccount`, over the network of this machine. */
export interface Reach {
  /** Until the last of an account's sockets is closed. */
  readonly sockets: number;
  /** Until its signed address is refused; asked without a pause. */
  readonly url: number;
}

/** How long suspensions take to reach open sockets and signed addresses, on a server of its own. */
export async function measureSuspensions(): Promise<Reach[]> {
  const dataFolder = await mkdtemp(join(tmpdir(), "pentimento-bench-suspension-"));
  const environment = { PENTIMENTO_DATA: dataFolder, PENTIMENTO_PORT: "0", PENTIMENTO_LOG: "error" };
  const server = await startServer(readServerEnvironment({ ...environment, PENTIMENTO_MEASURE_SECONDS: "0" }));
  try {
    const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.signInCode() });
    const admin = new Client(server.url, signIn.secret);
    const accounts = [];
    for (let i = 0; i < suspensions; i += 1) accounts.push(await openAccount(server, `account-${i}`));
    const reached: Reach[] = [];
    for (const account of accounts) reached.push(await suspend(admin, account));
    return reached;
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

interface OpenAccount {
  readonly id: string;
  readonly url: string;
  /** Each settles when a socket is closed. */
  readonly closings: readonly Promise<unknown>[];
}

/** An account with a picture and open sockets. */
async function openAccount({ url, services }: Server, name: string): Promise<OpenAccount> {
  const act = { actor: "bench", at: new Date() };
  const { id } = await createAccount(services.db, { name }, act);
  const { secret } = await createKey(services.db, { accountId: id, name: "bench" }, act);
  const client = new Client(url, secret);
  await client.ask(AcceptPolicyDocument, { version: "default@1" });
  const background = { r: 90, g: 120, b: 60 };
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
  const imageId = await client.upload(new Uint8Array(picture));
  const sockets = await Promise.all(Array.from({ length: socketsEach }, () => openSocket(url, secret)));
  return {
    id,
    url: services.links.image({ imageId, accountId: id, expiresIn: 3600 }),
    closings: sockets.map((socket) => once(socket, "close")),
  };
}

/** A socket that the server has let in. */
async function openSocket(url: string, key: string): Promise<WebSocket> {
  const connectionParams = { authorization: `Bearer ${key}` };
  const options = { url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams };
  return new Promise((resolve, reject) => {
    createClient({
      ...options,
      lazy: false,
      retryAttempts: 0,
      on: { connected: (socket) => resolve(socket as WebSocket), error: reject },
      onNonLazyError: () => {},
    });
  });
}

async function suspend(admin: Client, { id, url, closings }: OpenAccount): Promise<Reach> {
  if ((await fetch(url)).status !== 200) throw new Error("the signed address does not open");
  const started = performance.now();
  const since = () => performance.now() - started;
  const [sockets, dead] = await Promise.all([
    Promise.all(closings).then(since),
    untilRefused(url).then(since),
    admin.ask(SuspendAccountDocument, { accountId: id, reason: "a benchmark" }),
  ]);
  return { sockets, url: dead };
}

async function untilRefused(url: string): Promise<void> {
  for (;;) {
    const { status, body } = await fetch(url);
    await body?.cancel();
    if (status === 403) return;
    if (status !== 200) throw new Error(`the signed address answered ${status}`);
  }
}
