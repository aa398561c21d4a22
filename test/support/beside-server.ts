import { afterAll, beforeAll, vi } from "vitest";
import { accountCommand } from "../../src/cli/account-command.ts";
import { printed } from "./printed.ts";
import { type TestServer, testServer } from "./test-server.ts";

/** A server for the tests of one file, and what `pentimento account` prints beside it, in its database. */
export function besideServer() {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
    vi.stubEnv("PENTIMENTO_DATA", server.dataFolder);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server[Symbol.asyncDispose]();
  });
  return {
    get server(): TestServer {
      return server;
    },
    run: async (...args: string[]) => printed(await accountCommand(), args),
  };
}
