import { mkdir, mkdtemp, readdir, readFile, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { readManifest } from "../../src/model/manifest.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { copyForEach } from "../support/checkpoint-copy.ts";
import { outputsOf } from "../support/outputs.ts";
import {
  checkpointConfigs,
  type RandomCheckpointOptions,
  writeRandomCheckpoint,
} from "../support/random-checkpoint.ts";

let folder: string;
let models: string;
copyForEach((copy) => {
  ({ folder, models } = copy);
});

/** What the model gives that is imported from there. */
async function outputsFrom(checkpoint: string, name: string) {
  await importModel(checkpoint, { modelsFolder: models, card: { name } });
  return outputsOf(await readManifest(join(models, name)));
}

async function outputsWith(options: RandomCheckpointOptions) {
  const checkpoint = await mkdtemp(`${folder}-`);
  await writeRandomCheckpoint(checkpoint, options);
  return outputsFrom(checkpoint, "same");
}

describe("the same weights", () => {
  const configs = checkpointConfigs({ heads: 2, headDim: 128, vaeGroups: 8, vaeChannels: [32, 64] });
  const outputs = (options: Omit<RandomCheckpointOptions, "configs">) => outputsWith({ configs, ...options });

  it("give the same bits sharded or not, and for another seed others", async () => {
    const one = await outputs({});
    expect(await outputs({ shards: 3 })).toEqual(one);
    expect(await outputs({ seed: 2 })).not.toEqual(one);
  });

  it.each(["float16", "bfloat16"] as const)(
    "stored in %s give the bits of float32 that holds the same values",
    async (type) => {
      expect(await outputs({ type })).toEqual(await outputs({ type: "float32", values: type }));
    },
  );
});

describe("other forms of a checkpoint give the same bits", () => {
  /** As FLUX has them: what BFL's files and diffusers' defaults take for granted. */
  const likeFlux = checkpointConfigs({ heads: 2, headDim: 128, vaeGroups: 32, vaeChannels: [32, 64] });
  const configs = { ...likeFlux, transformer: { ...likeFlux.transformer, axes_dims_rope: [16, 56, 56] } };

  it("Hugging Face's cache, a snapshot of nothing but links to blobs beside it", async () => {
    const plain = await outputsFrom(folder, "plain");
    const cache = join(folder, "..", "models--black-forest-labs--FLUX.1-Kontext-dev");
    const snapshot = join(cache, "snapshots/af58063aa431");
    await mkdir(join(cache, "blobs"), { recursive: true });
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const [i, { name, parentPath }] of files.entries()) {
      const own = join(snapshot, relative(folder, parentPath));
      await mkdir(own, { recursive: true });
      await rename(join(parentPath, name), join(cache, "blobs", `${i}`));
      await symlink(relative(own, join(cache, "blobs", `${i}`)), join(own, name));
    }
    expect(await outputsFrom(snapshot, "linked")).toEqual(plain);
    const { manifest } = await readManifest(join(models, "linked"));
    expect(manifest.weightsRoot).toBe(await realpath(join(cache, "blobs")));
  });

  it("BFL's single files", async () => {
    expect(await outputsWith({ configs, layout: "bfl" })).toEqual(await outputsWith({ configs, layout: "diffusers" }));
  });

  it("a config that leaves out what diffusers takes for granted", async () => {
    const checkpoint = `${folder}-terse`;
    await writeRandomCheckpoint(checkpoint, { configs });
    const whole = await outputsFrom(checkpoint, "whole");
    const omit = async (part: string, ...fields: string[]) => {
      const file = join(checkpoint, part, "config.json");
      const config = Object.entries(JSON.parse(await readFile(file, "utf8")) as object);
      expect(config.map(([field]) => field)).toEqual(expect.arrayContaining(fields));
      await writeFile(file, JSON.stringify(Object.fromEntries(config.filter(([field]) => !fields.includes(field)))));
    };
    await omit("transformer", "axes_dims_rope", "patch_size");
    await omit("vae", "act_fn", "norm_num_groups");
    expect(await outputsFrom(checkpoint, "terse")).toEqual(whole);
  });
});
