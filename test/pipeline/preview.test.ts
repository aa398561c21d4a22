import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/core/image.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { readPixels } from "../../src/intake/normalise.ts";
import { findModel } from "../../src/model/shelf.ts";
import { prepareModel } from "../../src/onnx/choose-model.ts";
import { cpu } from "../support/slots.ts";

const root = join(import.meta.dirname, "../..");

/** Mean of each 8 × 8 block, `[cells, 3]`. */
function shrink(image: RgbImage): number[] {
  const columns = image.width / 8;
  const means = new Array<number>(columns * (image.height / 8) * 3).fill(0);
  image.data.forEach((value, i) => {
    const pixel = Math.floor(i / 3);
    const cell = Math.floor(pixel / image.width / 8) * columns + Math.floor((pixel % image.width) / 8);
    means[cell * 3 + (i % 3)]! += value / 64;
  });
  return means;
}

describe("a preview", () => {
  let engine: Supervisor;
  beforeAll(async () => {
    const model = await prepareModel(await findModel(join(root, "models"), "pentimento-mini"));
    engine = new Supervisor();
    await engine.load(model.folder, cpu);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("is a small picture of what is being made, close to it at the last step", async () => {
    const size = { width: 256, height: 256 };
    const image = await readPixels(await readFile(join(root, "samples/chelsea.png")));
    const context = { image, size };
    const spec = {
      slot: "a",
      size,
      context,
      prompt: "sepia",
      steps: 4,
      guidance: 2.5,
      seed: 1,
      rounding: "float32",
    } as const;
    const { steps } = await engine.openSlot(spec);
    let preview: RgbImage | undefined;
    for (let i = 0; i < steps; i += 1) {
      const report = await engine.step(["a"], { previews: i === steps - 1 ? ["a"] : [] });
      preview = report.slots[0]!.preview;
      expect(preview === undefined).toBe(i < steps - 1);
    }
    expect(preview).toMatchObject({ width: 32, height: 32 });
    const truth = shrink(await engine.decode("a"));
    const error = truth.reduce((sum, value, i) => sum + Math.abs(value - preview!.data[i]!), 0) / truth.length;
    expect(error).toBeLessThan(12);
    await engine.closeSlot("a");
  });

  it("is refused for a slot that does not step", async () => {
    await expect(engine.step(["nobody"], { previews: ["nobody"] })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
