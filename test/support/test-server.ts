import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { AcceptPolicyDocument, SignInDocument, ViewerDocument } from "../../schema/generated/graphql.ts";
import { Client } from "../../src/cli/client.ts";
import { readServerEnvironment } from "../../src/config/environment.ts";
import type { Role } from "../../src/core/account.ts";
import type { Size } from "../../src/core/image.ts";
import { type Server, type ServerOptions, startServer } from "../../src/server/server.ts";
import { createAccount } from "../../src/store/accounts.ts";
import { createKey } from "../../src/store/keys.ts";
import { waves } from "./pictures.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

/** A whole server on a tiny model, with its own data, on a free port of loopback. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly model: TinyModel;
  readonly dataFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Of the local account, which has accepted the policy. */
  readonly client: Client;
  readonly key: string;
  /** Another account that has accepted the policy. */
  account(name: string, role?: Role): Promise<{ client: Client; key: string; accountId: string }>;
  /** Stops the server and starts it on the same data. */
  restart(options?: ServerOptions): Promise<void>;
}

export async function testServer(environment: NodeJS.ProcessEnv = {}, card: object = {}): Promise<TestServer> {
  const model = await tinyModel(card);
  const dataFolder = await mkdtemp(join(tmpdir(), "pentimento-data-"));
  const env = {
    PENTIMENTO_DATA: dataFolder,
    PENTIMENTO_MODELS: model.modelsFolder,
    PENTIMENTO_PORT: "0",
    PENTIMENTO_LOG: "silent",
    PENTIMENTO_MEASURE_SECONDS: "0",
    ...environment,
  };
  let server = await startServer(readServerEnvironment(env));
  const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.signInCode() });
  const key = signIn.secret;
  const clients: Client[] = [];
  const clientOf = async (secret: string) => {
    const client = new Client(server.url, secret);
    clients.push(client);
    const { viewer } = await client.ask(ViewerDocument, {});
    if (!viewer.policy.accepted) await client.ask(AcceptPolicyDocument, { version: viewer.policy.version });
    return client;
  };
  let client = await clientOf(key);
  return {
    get server() {
      return server;
    },
    get url() {
      return server.url;
    },
    get client() {
      return client;
    },
    model,
    dataFolder,
    environment: env,
    key,
    account: async (name, role = "USER") => {
      const act = { actor: "test", at: new Date() };
      const { id: accountId } = await createAccount(server.services.db, { name, role }, act);
      const { secret } = await createKey(server.services.db, { accountId, name: "test" }, act);
      return { client: await clientOf(secret), key: secret, accountId };
    },
    restart: async (options) => {
      await server[Symbol.asyncDispose]();
      server = await startServer(readServerEnvironment(env), options);
      client = await clientOf(key);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((one) => one[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A picture as a file. */
export async function pictureFile(size: Size, seed = 1, format: "png" | "jpeg" | "webp" = "png"): Promise<Uint8Array> {
  const { width, height, data } = waves(size, seed);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}
