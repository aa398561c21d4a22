import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageTokens, stepFlops } from "../../src/model/flops.ts";
import { manifestFile, readManifest } from "../../src/model/manifest.ts";
import { findModel, listModels, resolveIn, verifyModel } from "../../src/model/shelf.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { checkpointConfigs, writeRandomCheckpoint } from "../support/random-checkpoint.ts";

let models: string;
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), "pentimento-shelf-"));
  await writeRandomCheckpoint(join(models, "small"), { configs: checkpointConfigs() });
  await importModel(join(models, "small"), { modelsFolder: models, card: { name: "small" } });
});
afterAll(async () => {
  await rm(models, { recursive: true });
});

async function copy(name: string) {
  await cp(join(models, "small"), join(models, name), { recursive: true });
  return join(models, name);
}

describe("the shelf", () => {
  it("lists models by name and a broken one with its fault", async () => {
    const broken = await copy("broken");
    await writeFile(join(broken, manifestFile), '{"format":1}');
    const found = await listModels(models);
    expect(found.map((model) => ("manifest" in model ? model.manifest.name : model.fault))).toEqual([
      expect.stringMatching(/broken.manifest\.json: /),
      "small",
    ]);
    await rm(broken, { recursive: true });
    expect(await listModels(join(models, "nowhere"))).toEqual([]);
  });

  it("finds a model by name or folder, and says which there are", async () => {
    expect((await findModel(models, "small")).manifest.name).toBe("small");
    expect((await findModel("/nowhere", join(models, "small"))).manifest.name).toBe("small");
    await expect(findModel(models, "large")).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: 'no model is called "large"; there is small',
    });
    await expect(findModel(models, "../small")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
  });

  it("does not open a model of another version of the graphs", async () => {
    const old = await copy("old");
    const manifest = JSON.parse(await readFile(join(old, manifestFile), "utf8"));
    await writeFile(join(old, manifestFile), JSON.stringify({ ...manifest, graphVersion: 999 }));
    await expect(readManifest(old)).rejects.toMatchObject({
      message: expect.stringMatching(/import it again \(pentimento model import .*old --name small\)/),
    });
    await rm(old, { recursive: true });
  });

  it("verifies digests: whole, one byte changed, a file gone", async () => {
    const folder = await copy("checked");
    const model = await readManifest(folder);
    let [last, total] = [0, 0];
    expect(
      await verifyModel(model, (done, all) => {
        [last, total] = [done, all];
      }),
    ).toEqual([]);
    expect(last).toBe(total);
    const [first, second] = model.manifest.files;
    const bytes = await readFile(resolveIn(model, first!.path));
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(resolveIn(model, first!.path), bytes);
    await rm(resolveIn(model, second!.path));
    expect(await verifyModel(model)).toEqual([
      expect.stringMatching(new RegExp(`^${first!.path}: its SHA-256 is .* the manifest says ${first!.sha256}`)),
      `${second!.path}: cannot be read (ENOENT)`,
    ]);
    await rm(folder, { recursive: true });
  });
});

describe("cost", () => {
  it("of a FLUX step at 1024² with a 1024² context is 165.4 TFLOP", async () => {
    const { manifest } = await readManifest(join(models, "small"));
    const flux = { ...manifest.transformer, hiddenSize: 3072, doubleBlocks: 19, singleBlocks: 38 };
    const tokens = imageTokens({ width: 1024, height: 1024 }, 8);
    expect(tokens).toBe(4096);
    const flops = stepFlops(flux, { text: 512, target: tokens, context: tokens });
    expect(flops / 165.458e12).toBeCloseTo(1, 3);
  });
});
