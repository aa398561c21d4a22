import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { Closers } from "../../src/core/closers.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { openRevival } from "../../src/server/revival.ts";
import { SetClock } from "../support/set-clock.ts";
import { cpu } from "../support/slots.ts";
import { tinyModel } from "../support/tiny-model.ts";

it("an engine that has given up while nobody asks for edits comes up again once it can, loaded once", async () => {
  await using model = await tinyModel();
  await using engine = new Supervisor();
  await using closers = new Closers();
  const clock = new SetClock();
  const state = () => engine.health.state;
  let loads = 0;
  const load = () => {
    loads += 1;
    return engine.load(model.folder, cpu);
  };
  const revive = openRevival({ engine, load, clock }, closers);
  await engine.load(model.folder, cpu);
  await revive();
  expect(loads).toBe(0);

  const manifest = join(model.folder, "manifest.json");
  const text = await readFile(manifest, "utf8");
  await rm(manifest);
  process.kill(engine.health.pid!, "SIGKILL");
  while (state() !== "down") await nextTurn();
  clock.advance(10_000);
  await expect(revive()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
  expect([loads, state()]).toEqual([1, "down"]);

  await writeFile(manifest, text);
  await nextTurn();
  clock.advance(10_000);
  while (state() !== "up") await nextTurn();
  await revive();
  expect(loads).toBe(2);
});
