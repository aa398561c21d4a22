import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { waves } from "../support/pictures.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;
beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

describe("a death between two steps", () => {
  it("is told as retryable, and the edit opened anew gives the same pixels", async () => {
    const spec = variedSpec(1, "between");
    const before = await runAlone(engine, spec);
    await engine.openSlot(spec);
    await engine.step([spec.slot]);
    const { deaths, pid } = engine.health;
    process.kill(pid!, "SIGKILL");
    while (engine.health.deaths === deaths) await new Promise((resolve) => setImmediate(resolve));
    const lost = { name: "Failed", code: "ENGINE_FAILED", retryable: true };
    await expect(engine.step([spec.slot])).rejects.toMatchObject(lost);
    await expect(engine.decode(spec.slot)).rejects.toMatchObject(lost);
    const after = await runAlone(engine, spec);
    expect(Buffer.compare(Buffer.from(after.data), Buffer.from(before.data))).toBe(0);
  });
});

describe("calls at the same time", () => {
  it("stage two large pictures without harm to either", async () => {
    const size = { width: 64, height: 48 };
    const pictures = [5, 6].map((phase) => waves({ width: 1600, height: 1300 }, phase));
    const reports = await Promise.all(pictures.map((picture) => engine.encodeImage(picture, size)));
    expect(reports.map(({ cached }) => cached)).toEqual([false, false]);
    expect((await engine.encodeImage(pictures[0]!, size)).cached).toBe(true);
  });

  it("load one model after the other", async () => {
    await using own = new Supervisor();
    await using second = await tinyModel();
    const reports = await Promise.all([
      own.load(model.folder, cpu),
      own.load(second.folder, { ...cpu, cacheBytes: 1000 }),
    ]);
    expect(reports.map(({ name }) => name)).toEqual(["tiny", "tiny"]);
    // The second one's small cache keeps nothing.
    expect([(await own.encodePrompt("a")).cached, (await own.encodePrompt("a")).cached]).toEqual([false, false]);
  });
});

describe("what fails or is aborted", () => {
  it("an aborted opening leaves no slot behind", async () => {
    const spec = variedSpec(2, "given-up");
    const abort = new AbortController();
    const opening = engine.openSlot(spec, abort.signal);
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: "CANCELLED" });
    await runAlone(engine, spec);
    expect((await engine.status()).child?.slots).toEqual([]);
  });

  it("a model that cannot be opened leaves the one before in place", async () => {
    await expect(engine.load(model.folder, { ...cpu, providers: ["cuda"] })).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
    });
    expect((await engine.encodePrompt("still here")).cached).toBe(false);
  });

  it("a first model that cannot be opened leaves no process behind and is not tried again", async () => {
    await using own = new Supervisor();
    await expect(own.load(model.folder, { ...cpu, providers: ["cuda"] })).rejects.toMatchObject({
      message: expect.stringMatching(/no execution provider works: cuda/),
    });
    expect(own.health).toMatchObject({ state: "down", deaths: 0 });
    await own.load(model.folder, cpu);
    expect(own.health.state).toBe("up");
  });

  it("a large picture comes back whole, in parts", async () => {
    const { context: _, ...spec } = variedSpec(0, "large");
    const picture = await runAlone(engine, { ...spec, size: { width: 1024, height: 1024 }, steps: 1 });
    expect(picture.data.length).toBe(3 * 1024 * 1024);
    expect(picture.data.subarray(-3000).some((value) => value > 0)).toBe(true);
  });
});
