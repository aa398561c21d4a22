import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { cpu } from "../support/slots.ts";
import { plain, tinyClassifier } from "../support/tiny-classifier.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let root: string;
let model: TinyModel;
let engine: Supervisor;
const red = plain([255, 0, 0]);
const grey = plain([127, 127, 127]);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-classifiers-"));
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
  await tinyClassifier(join(root, "colours"));
  await tinyClassifier(join(root, "several"), { several: true });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

describe("the engine", () => {
  it("scores a picture by a classifier that shares 1 among its labels", async () => {
    const { scores } = await engine.classify(join(root, "colours"), red);
    // Logits 10, -10, -10.
    const rest = Math.exp(-20);
    expect(scores.red).toBeCloseTo(1 / (1 + 2 * rest), 6);
    expect(scores.green).toBeCloseTo(rest / (1 + 2 * rest), 12);
    const evenly = (await engine.classify(join(root, "colours"), grey)).scores;
    for (const label of ["red", "green", "blue"]) expect(evenly[label]).toBeCloseTo(1 / 3, 6);
  });

  it("scores each label for itself where several may hold", async () => {
    const { scores } = await engine.classify(join(root, "several"), red);
    expect(scores.red).toBeCloseTo(1 / (1 + Math.exp(-10)), 6);
    expect(scores.blue).toBeCloseTo(1 / (1 + Math.exp(10)), 6);
  });

  it("classifies beside an open slot, and after it was killed", async () => {
    const { scores: before } = await engine.classify(join(root, "colours"), red);
    process.kill(engine.health.pid!, "SIGKILL");
    const after = engine.classify(join(root, "colours"), red);
    const settled = await after.catch((error) => error);
    // In flight it fails retriably; sent later, it waits for the restart.
    if (settled instanceof Error) expect(settled).toMatchObject({ code: "ENGINE_FAILED", retryable: true });
    expect((await engine.classify(join(root, "colours"), red)).scores).toEqual(before);
  });

  it("keeps to its limit of open classifiers and opens again what made room", async () => {
    for (let i = 0; i < 6; i += 1) await tinyClassifier(join(root, `more-${i}`));
    for (const i of [0, 1, 2, 3, 4, 5, 0]) {
      expect((await engine.classify(join(root, `more-${i}`), red)).scores.red).toBeGreaterThan(0.99);
    }
  });

  it("is started anew once two calls in a row failed in it, but not while others succeed", async () => {
    const [broken, works] = [join(root, "broken"), join(root, "colours")];
    await tinyClassifier(broken, { broken: true });
    const { deaths, pid } = engine.health;
    const fails = () => expect(engine.classify(broken, red)).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    for (let i = 0; i < 3; i += 1) {
      await fails();
      await engine.classify(works, red);
    }
    expect(engine.health).toMatchObject({ deaths, pid });
    await fails();
    await engine.status();
    await fails();
    while (engine.health.deaths === deaths) await new Promise((resolve) => setImmediate(resolve));
    expect((await engine.classify(works, red)).scores.red).toBeGreaterThan(0.99);
    expect(engine.health).toMatchObject({ state: "up", deaths: deaths + 1 });
  });
});
