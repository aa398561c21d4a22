import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readServerEnvironment } from "../../src/config/environment.ts";
import { startServer } from "../../src/server/server.ts";
import { ownFolder } from "../../src/store/folder-owner.ts";
import { ServerProcess } from "../support/server-process.ts";
import { pictureFile, testServer } from "../support/test-server.ts";

it("is of one server: another start says whose it is, and touches nothing", async () => {
  await using server = await testServer();
  const { storage } = server.server.services;
  const digest = await storage.put(await pictureFile({ width: 64, height: 48 }));
  await storage.begin(digest);
  const partial = join(server.dataFolder, "images", "partial", "being-written");
  await writeFile(partial, "");
  const failure = { name: "Failed", retryable: true, message: expect.stringContaining(`(process ${process.pid} on `) };
  await expect(startServer(readServerEnvironment(server.environment))).rejects.toMatchObject(failure);
  // From another process too, and still after the one here has closed the lock's file.
  await expect(ServerProcess.start(server.environment)).rejects.toThrow(`(process ${process.pid} on `);
  await access(partial);
  expect(await storage.stat(digest)).toBeDefined();
  expect(await storage.begun()).toEqual([digest]);
});

it("that cannot be written in is a fault of the place, and says what it needs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-unwritable-"));
  try {
    // Nobody can open a folder as the lock's file, an administrator neither.
    await mkdir(join(folder, "server.lock"));
    const message = expect.stringMatching(/must be this user's to write in, and take locks: .* cannot be opened/);
    await expect(ownFolder(folder)).rejects.toMatchObject({ name: "Failed", message });
  } finally {
    await rm(folder, { recursive: true });
  }
});
