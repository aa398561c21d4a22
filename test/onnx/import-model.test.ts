import { cp, mkdir, open, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { areaMax } from "../../src/engine/limits.ts";
import { readManifest } from "../../src/model/manifest.ts";
import { prepareModel } from "../../src/onnx/choose-model.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { copyForEach } from "../support/checkpoint-copy.ts";
import { outputsOf } from "../support/outputs.ts";

let folder: string;
let models: string;
copyForEach((copy) => {
  ({ folder, models } = copy);
});

describe("an imported model", () => {
  it("counts the tokens that T5's tokenizer makes of a prompt, and 512 where that sets no such bound", async () => {
    const tokensMax = async (length: number) => {
      for (const name of ["tokenizer", "tokenizer_2"]) await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, "tokenizer_2/tokenizer_config.json"), JSON.stringify({ model_max_length: length }));
      const { textEncoders } = await importModel(folder, { modelsFolder: models, card: { name: "counted" } });
      return textEncoders.t5.tokensMax;
    };
    expect(await tokensMax(40)).toBe(40);
    expect(await tokensMax(1e30)).toBe(512);
  });

  it("takes its name, licence and defaults from its card, and those of the options before", async () => {
    await writeFile(
      join(folder, "pentimento.json"),
      JSON.stringify({ name: "carded", licence: "MIT", maxArea: 65536, steps: 6 }),
    );
    const manifest = await importModel(folder, { modelsFolder: models, card: { steps: 9 } });
    expect(manifest).toMatchObject({
      name: "carded",
      licence: "MIT",
      maxArea: 65536,
      defaults: { steps: 9, guidance: 2.5 },
      filterDuty: "none",
    });
    expect(manifest.buckets).toHaveLength(17);
    const unknown = await importModel(folder, {
      modelsFolder: models,
      card: { name: "other", licence: "flux-1-dev-non-commercial" },
    });
    expect(unknown.filterDuty).toBe("required");
  });

  it("makes no bucket that is larger than what the engine makes", async () => {
    const imported = (maxArea: number) =>
      importModel(folder, { modelsFolder: models, card: { name: "vast", maxArea } });
    const { buckets } = await imported(16_700_000);
    for (const { width, height } of buckets) expect(width * height).toBeLessThanOrEqual(areaMax);
    await expect(imported(16_700_001)).rejects.toThrow(/maxArea/);
  });

  it("can lie in the models folder itself, with paths that move with it", async () => {
    await writeFile(join(folder, "pentimento.json"), '{"name":"checkpoint"}');
    const own = join(folder, "..");
    const manifest = await importModel(folder, { modelsFolder: own });
    expect(manifest.files.every(({ path }) => !path.startsWith("/"))).toBe(true);
    const moved = join(own, "moved");
    await rename(folder, moved);
    expect(Object.keys(await outputsOf(await readManifest(moved)))).toContain("noise_pred");
  });

  it("imported again leaves nothing of the model before it, such as an engine compiled from its graphs", async () => {
    await importModel(folder, { modelsFolder: models, card: { name: "again" } });
    const engine = join(models, "again/graphs/transformer.bfloat16.onnx.tensorrt.onnx");
    await writeFile(engine, "compiled");
    await importModel(folder, { modelsFolder: models, card: { name: "again" } });
    expect(await readdir(join(models, "again/graphs"))).not.toContain("transformer.bfloat16.onnx.tensorrt.onnx");
    expect(await readdir(join(models, "again/graphs"))).toHaveLength(5);
  });

  it("makes graphs anew where it finds those of another version, in the model's folder, whatever that is called", async () => {
    await writeFile(join(folder, "pentimento.json"), '{"name":"checkpoint"}');
    await importModel(folder, { modelsFolder: join(folder, "..") });
    const moved = join(folder, "../renamed");
    await rename(folder, moved);
    const model = await readManifest(moved);
    const graph = join(moved, model.manifest.parts.vaeDecoder.graphs.float32);
    expect(graph).toMatch(/vaeDecoder\.float32\.\d+\.onnx$/);
    await rename(graph, join(moved, "graphs/vaeDecoder.float32.onnx"));
    const manifest = await stat(join(moved, "manifest.json"));
    await prepareModel(model);
    expect(await readdir(join(moved, "graphs"))).not.toContain("vaeDecoder.float32.onnx");
    expect(await readdir(join(moved, ".."))).not.toContain("checkpoint");
    // Not even for an instant is the model without it.
    expect((await stat(join(moved, "manifest.json"))).ino).toBe(manifest.ino);
    expect(Object.keys(await outputsOf(await readManifest(moved)))).toContain("noise_pred");
  });

  it("gives the digest of the bytes wherever they lie, and another for other bytes", async () => {
    const first = await importModel(folder, { modelsFolder: models, card: { name: "a" } });
    await cp(folder, `${folder}-copy`, { recursive: true });
    expect((await importModel(`${folder}-copy`, { modelsFolder: models, card: { name: "b" } })).digest).toBe(
      first.digest,
    );
    const file = join(`${folder}-copy`, "vae/diffusion_pytorch_model.safetensors");
    const handle = await open(file, "r+");
    await handle.write(Buffer.of(1), 0, 1, (await handle.stat()).size - 1);
    await handle.close();
    expect((await importModel(`${folder}-copy`, { modelsFolder: models, card: { name: "b" } })).digest).not.toBe(
      first.digest,
    );
  });
});
