import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { testServer } from "../support/test-server.ts";

it("a server whose model was imported anew goes on with no other than the one that it names", async () => {
  await using server = await testServer();
  const { engine, model } = server.server;
  const manifest = join(model.folder, "manifest.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace(model.manifest.digest, "0".repeat(64)));
  process.kill(engine.health.pid!, "SIGKILL");
  while (engine.health.state === "up") await nextTurn();
  while (engine.health.state === "waiting" || engine.health.state === "starting") await nextTurn();
  expect(engine.health.state).toBe("down");
});
