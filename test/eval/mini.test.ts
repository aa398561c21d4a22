import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { casesOf, readPhotos } from "../../eval/cases.ts";
import { Editor } from "../../eval/editor.ts";
import { psnr } from "../../eval/planes.ts";
import { type ImportedModel, readManifest } from "../../src/model/manifest.ts";
import { importModel } from "../../src/onnx/import-model.ts";

let folder: string;
let model: ImportedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-mini-"));
  await importModel("models/pentimento-mini", { modelsFolder: folder });
  model = await readManifest(join(folder, "pentimento-mini"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("Pentimento Mini as it is shipped", () => {
  it("is the model that its manifest describes, small enough to come along", async () => {
    const shipped = await readManifest("models/pentimento-mini");
    expect(shipped.manifest.digest).toBe(model.manifest.digest);
    expect(shipped.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(40e6);
    expect(shipped.manifest.buckets).toHaveLength(17);
    expect(model.manifest).toMatchObject({ licence: "Apache-2.0", filterDuty: "none", maxArea: 262_144 });
  });

  it("really edits a real photograph: inverted, it is far nearer to the exact result than the source is", async () => {
    const [photo] = await readPhotos("samples", model.manifest.buckets);
    const [one] = casesOf("photo", [{ text: "invert the colors", edit: "invert" }], [photo!]);
    await using editor = await Editor.open(model);
    const output = await editor.edit(one!.source, one!.prompt, { steps: model.manifest.defaults.steps, seed: 1 });
    expect(psnr(output, one!.target)).toBeGreaterThan(psnr(one!.source, one!.target) + 3);
  });
});
