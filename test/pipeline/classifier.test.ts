import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Classifier } from "../../src/pipeline/classifier.ts";
import { resize } from "../../src/pipeline/resize.ts";
import { cpu } from "../support/slots.ts";
import { tinyClassifier, writeJson } from "../support/tiny-classifier.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-classifier-"));
  await tinyClassifier(folder);
});
afterEach(() => rm(folder, { recursive: true }));

describe("a classifier's folder is refused, saying why, when", () => {
  const size = { height: 32, width: 32 };
  it.each([
    ["config.json is missing", () => rm(join(folder, "config.json"))],
    ["preprocessor_config.json is missing", () => rm(join(folder, "preprocessor_config.json"))],
    ["neither model.onnx nor onnx/model.onnx", () => rm(join(folder, "model.onnx"))],
    ["not JSON", () => writeFile(join(folder, "config.json"), "{")],
    ["id2label must name", () => writeJson(join(folder, "config.json"), { id2label: { 0: "a", 2: "b" } })],
    ["id2label must name", () => writeJson(join(folder, "config.json"), { id2label: { 0: "a", 1: "a" } })],
    ["do_center_crop", () => writeJson(join(folder, "preprocessor_config.json"), { size, do_center_crop: true })],
    ["size", () => writeJson(join(folder, "preprocessor_config.json"), { size: { shortest_edge: 32 } })],
    ["resample", () => writeJson(join(folder, "preprocessor_config.json"), { size, resample: 0 })],
    ["image_std", () => writeJson(join(folder, "preprocessor_config.json"), { size, image_std: [0, 1, 1] })],
    ["no execution provider works", () => writeFile(join(folder, "model.onnx"), "no graph")],
  ])("%s", async (why, damage) => {
    await damage();
    await expect(Classifier.open(folder, cpu)).rejects.toThrow(why);
  });

  it("the graph gives another number of logits than there are labels", async () => {
    await writeJson(join(folder, "config.json"), { id2label: { 0: "a", 1: "b" } });
    await using classifier = await Classifier.open(folder, cpu);
    const image = { width: 16, height: 16, data: new Uint8Array(768) };
    await expect(classifier.classify(image)).rejects.toMatchObject({ code: "BAD_MODEL" });
  });
});

describe("Pillow's other filters", () => {
  const layout = { width: 8, height: 1, channels: 1 };
  const row = Uint8Array.of(0, 10, 40, 90, 160, 250, 30, 200);
  it("give a constant picture back unchanged, at any size", () => {
    const flat = new Uint8Array(64).fill(77);
    for (const filter of ["bilinear", "bicubic"] as const) {
      for (const side of [3, 5, 8, 13]) {
        const to = { width: side, height: side };
        expect(new Set(resize(flat, { width: 8, height: 8, channels: 1 }, to, filter))).toEqual(new Set([77]));
      }
    }
  });

  it("average the nearest values by distance when a row is halved", () => {
    // A triangle of half-width 2 over the four values around each centre: weights 1, 3, 3, 1 of 8, cut at the ends.
    const expected = [
      (3 * 0 + 3 * 10 + 1 * 40) / 7,
      (1 * 10 + 3 * 40 + 3 * 90 + 1 * 160) / 8,
      (1 * 90 + 3 * 160 + 3 * 250 + 1 * 30) / 8,
      (1 * 250 + 3 * 30 + 3 * 200) / 7,
    ].map(Math.round);
    expect([...resize(row, layout, { width: 4, height: 1 }, "bilinear")]).toEqual(expected);
  });

  it("overshoot at an edge when a row is doubled with the cubic", () => {
    // Keys' weights at distances 0.25, 0.75 and 1.25 are 0.8671875, 0.2265625 and -0.0703125, over their sum.
    const to = { width: 4, height: 1 };
    expect([...resize(Uint8Array.of(0, 100), { width: 2, height: 1, channels: 1 }, to, "bicubic")]).toEqual([
      0, 21, 79, 109,
    ]);
  });
});
