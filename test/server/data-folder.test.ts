import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readServerEnvironment } from "../../src/config/environment.ts";
import { startServer } from "../../src/server/server.ts";
import { ServerProcess } from "../support/server-process.ts";
import { pictureFile, testServer } from "../support/test-server.ts";

it("is of one server: another start says whose it is, and touches nothing", async () => {
  await using server = await testServer();
  const { storage } = server.server.services;
  const digest = await storage.put(await pictureFile({ width: 64, height: 48 }));
  await storage.begin(digest);
  const partial = join(server.dataFolder, "images", "partial", "being-written");
  await writeFile(partial, "");
  const refusal = { name: "Refused", message: expect.stringContaining(`(process ${process.pid} on `) };
  await expect(startServer(readServerEnvironment(server.environment))).rejects.toMatchObject(refusal);
  // From another process too, and still after the one here has closed the lock's file.
  await expect(ServerProcess.start(server.environment)).rejects.toThrow(`(process ${process.pid} on `);
  await access(partial);
  expect(await storage.stat(digest)).toBeDefined();
  expect(await storage.begun()).toEqual([digest]);
});
