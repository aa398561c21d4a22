import {
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Refused } from "../../src/core/errors.ts";
import { areaMax } from "../../src/engine/limits.ts";
import { readManifest } from "../../src/model/manifest.ts";
import { prepareModel } from "../../src/onnx/choose-model.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { outputsOf } from "../support/outputs.ts";
import type { RandomCheckpointOptions } from "../support/random-checkpoint.ts";
import { checkpointConfigs, writeRandomCheckpoint } from "../support/random-checkpoint.ts";

let root: string;
let folder: string;
let models: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pentimento-import-"));
  await writeRandomCheckpoint(join(root, "whole"), { configs: checkpointConfigs(), shards: 2 });
});
afterAll(async () => {
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  const own = await mkdtemp(join(root, "case-"));
  folder = join(own, "checkpoint");
  models = join(own, "models");
  await cp(join(root, "whole"), folder, { recursive: true });
});

const transformerIndex = "transformer/diffusion_pytorch_model.safetensors.index.json";

async function editJson(file: string, change: (value: Record<string, object>) => unknown): Promise<void> {
  const value = JSON.parse(await readFile(join(folder, file), "utf8"));
  change(value);
  await writeFile(join(folder, file), JSON.stringify(value));
}

/** Rewrites the header of a weight file, its length kept by padding. */
async function editHeader(
  file: string,
  change: (header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>) => unknown,
): Promise<void> {
  const bytes = await readFile(join(folder, file));
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  change(header);
  const text = JSON.stringify(header).padEnd(length);
  expect(text.length).toBe(length);
  bytes.write(text, 8);
  await writeFile(join(folder, file), bytes);
}

async function refusal(): Promise<Refused> {
  const error = (await importModel(folder, { modelsFolder: models }).catch((caught: unknown) => caught)) as Refused;
  expect(error).toMatchObject({ name: "Refused", code: "BAD_MODEL" });
  expect(await readdir(models).catch(() => "nothing")).toBe("nothing");
  return error;
}

describe("a checkpoint with faults writes nothing and names them", () => {
  it("all at once, over all parts", async () => {
    await editHeader("vae/diffusion_pytorch_model.safetensors", (header) => {
      header["encoder.conv_in.bias"]!.dtype = "I16";
      header["encoder.conv_in.bias"]!.shape = [16];
    });
    await editHeader("text_encoder/model.safetensors", (header) => {
      header["text_model.final_layer_norm.Weight"] = header["text_model.final_layer_norm.weight"]!;
      delete header["text_model.final_layer_norm.weight"];
    });
    await editJson("transformer/config.json", (config) => Object.assign(config, { pooled_projection_dim: 32 }));
    const { faults } = await refusal();
    expect(faults.join("\n")).toMatch(/vae: encoder\.conv_in\.bias has shape \[16\], the config asks for \[8\]/);
    expect(faults.join("\n")).toMatch(
      /text_encoder: text_model\.final_layer_norm\.weight is missing \(expected \[16\]\)/,
    );
    expect(faults.join("\n")).toMatch(
      /time_text_embed\.text_embedder\.linear_1\.weight has shape \[32,16\], the config asks for \[32,32\]/,
    );
    expect(faults.join("\n")).toMatch(/transformer pooled_projection_dim is 32, but text_encoder hidden_size is 16/);
  });

  it.each([
    [
      "a type that is not computed with",
      () =>
        editHeader("vae/diffusion_pytorch_model.safetensors", (header) =>
          Object.assign(header["encoder.conv_in.bias"]!, { dtype: "I32" }),
        ),
      /conv_in\.bias is I32; F32, F16 or BF16/,
    ],
    ["a missing part", () => rm(join(folder, "vae"), { recursive: true }), /vae\/: missing/],
    ["a missing config", () => rm(join(folder, "text_encoder_2/config.json")), /text_encoder_2\/config\.json: missing/],
    [
      "a config that is no JSON",
      () => writeFile(join(folder, "vae/config.json"), "{"),
      /vae\/config\.json: not a JSON object/,
    ],
    [
      "integers where weights should be",
      () =>
        editHeader("vae/diffusion_pytorch_model.safetensors", (header) => {
          const bias = header["encoder.conv_in.bias"]!;
          Object.assign(bias, { dtype: "I64", shape: [bias.shape[0]! / 2] });
        }),
      /conv_in\.bias has shape \[4\], the config asks for \[8\]/,
    ],
    [
      "a text file for a shard",
      () => writeFile(join(folder, "vae/diffusion_pytorch_model.safetensors"), "version https://git-lfs.github.com"),
      /not a safetensors file/,
    ],
    [
      "a shard of no bytes",
      () => writeFile(join(folder, "text_encoder/model.safetensors"), ""),
      /model\.safetensors: 0 bytes is too short/,
    ],
    [
      "two weight files without an index",
      () => rm(join(folder, transformerIndex)),
      /transformer\/: 2 weight files .* without an index/,
    ],
    [
      "an encoder with a hidden size of nothing",
      () => editJson("text_encoder/config.json", (config) => Object.assign(config, { hidden_size: 0 })),
      /text_encoder\/config\.json: hidden_size: .*1/,
    ],
    [
      "an encoder with 1e9 layers",
      () => editJson("text_encoder_2/config.json", (config) => Object.assign(config, { num_layers: 1e9 })),
      /text_encoder_2\/config\.json: num_layers: .*512/,
    ],
    [
      "another encoder",
      () => editJson("text_encoder_2/config.json", (config) => Object.assign(config, { model_type: "llama" })),
      /text_encoder_2\/config\.json: model_type/,
    ],
    [
      "more layers than there are",
      () => editJson("transformer/config.json", (config) => Object.assign(config, { num_single_layers: 3 })),
      /single_transformer_blocks\.2\.proj_out\.bias is missing \(expected \[32\]\)/,
    ],
    [
      "1e9 layers",
      () => editJson("transformer/config.json", (config) => Object.assign(config, { num_layers: 1e9 })),
      /transformer\/config\.json: num_layers: .*512/,
    ],
    [
      "a hidden size of nothing",
      () => editJson("transformer/config.json", (config) => Object.assign(config, { num_attention_heads: 0 })),
      /num_attention_heads/,
    ],
    [
      "axes that do not add up",
      () => editJson("transformer/config.json", (config) => Object.assign(config, { axes_dims_rope: [2, 2, 2] })),
      /axes_dims_rope: must add up to attention_head_dim/,
    ],
    [
      "another network's class",
      () =>
        editJson("transformer/config.json", (config) => Object.assign(config, { _class_name: "UNet2DConditionModel" })),
      /_class_name/,
    ],
    [
      "another pipeline's class",
      () => writeFile(join(folder, "model_index.json"), '{"_class_name":"StableDiffusionPipeline"}'),
      /the class is StableDiffusionPipeline; FluxKontextPipeline is expected/,
    ],
    [
      "a shard that is cut short",
      () => truncate(join(folder, "transformer/diffusion_pytorch_model-00002-of-00002.safetensors"), 9_000),
      /cut short/,
    ],
    [
      "a shard that is not there",
      () => rm(join(folder, "transformer/diffusion_pytorch_model-00001-of-00002.safetensors")),
      /00001-of-00002\.safetensors: cannot be opened \(ENOENT\)/,
    ],
    [
      "an index that leads elsewhere",
      () =>
        editJson(transformerIndex, (index) =>
          Object.assign(index.weight_map!, { "x_embedder.bias": "../../secret.safetensors" }),
        ),
      /weight_map\.x_embedder\.bias/,
    ],
    [
      "a noise schedule that is not offered",
      () => editJson("scheduler/scheduler_config.json", (config) => Object.assign(config, { use_karras_sigmas: true })),
      /use_karras_sigmas/,
    ],
    [
      "another number of noise levels",
      () =>
        editJson("scheduler/scheduler_config.json", (config) => Object.assign(config, { num_train_timesteps: 500 })),
      /num_train_timesteps: is not supported, only 1000 is/,
    ],
    [
      "latent cells of sixteen pixels",
      () => editJson("vae/config.json", (config) => Object.assign(config, { block_out_channels: [8, 8, 8, 8, 8] })),
      /vae\/config\.json: block_out_channels: at most 4/,
    ],
    ["one tokenizer of two", () => mkdir(join(folder, "tokenizer")), /tokenizer_2\/: missing/],
    [
      "a card with a name that is none",
      () => writeFile(join(folder, "pentimento.json"), '{"name":"../evil"}'),
      /pentimento\.json: name/,
    ],
    [
      "a card with an unknown field",
      () => writeFile(join(folder, "pentimento.json"), '{"licens":"MIT"}'),
      /pentimento\.json/,
    ],
  ])("%s", async (_, spoil, message) => {
    await spoil();
    const { message: first, faults } = await refusal();
    expect([first, ...faults].join("\n")).toMatch(message);
  });
});

describe("the same weights", () => {
  const outputs = async (options: Omit<RandomCheckpointOptions, "configs">) => {
    const checkpoint = await mkdtemp(join(root, "same-"));
    await writeRandomCheckpoint(join(checkpoint, "model"), {
      configs: checkpointConfigs({ heads: 2, headDim: 128, vaeGroups: 8, vaeChannels: [32, 64] }),
      ...options,
    });
    await importModel(join(checkpoint, "model"), { modelsFolder: checkpoint, card: { name: "same" } });
    return outputsOf(await readManifest(join(checkpoint, "same")));
  };

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

describe("other forms of a checkpoint", () => {
  it("Hugging Face's cache, a snapshot of nothing but links to blobs beside it, imports and gives the same bits", async () => {
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
    const manifest = await importModel(snapshot, { modelsFolder: models, card: { name: "linked" } });
    expect(manifest.weightsRoot).toBe(await realpath(join(cache, "blobs")));
    await importModel(join(root, "whole"), { modelsFolder: models, card: { name: "plain" } });
    expect(await outputsOf(await readManifest(join(models, "linked")))).toEqual(
      await outputsOf(await readManifest(join(models, "plain"))),
    );
  });

  it("BFL's single files give the bits of the diffusers folder", async () => {
    const configs = checkpointConfigs({ heads: 2, headDim: 128, vaeGroups: 32, vaeChannels: [32, 64] });
    const run = async (layout: "bfl" | "diffusers") => {
      const own = await mkdtemp(join(root, `${layout}-`));
      await writeRandomCheckpoint(join(own, "model"), {
        configs: { ...configs, transformer: { ...configs.transformer, axes_dims_rope: [16, 56, 56] } },
        layout,
      });
      await importModel(join(own, "model"), { modelsFolder: own, card: { name: "one" } });
      return outputsOf(await readManifest(join(own, "one")));
    };
    expect(await run("bfl")).toEqual(await run("diffusers"));
  });

  it("a config that leaves out what diffusers takes for granted gives the same bits", async () => {
    const own = await mkdtemp(join(root, "terse-"));
    const configs = checkpointConfigs({ heads: 2, headDim: 128, vaeGroups: 32, vaeChannels: [32, 64] });
    await writeRandomCheckpoint(join(own, "model"), {
      configs: { ...configs, transformer: { ...configs.transformer, axes_dims_rope: [16, 56, 56] } },
    });
    const outputs = async (name: string) => {
      await importModel(join(own, "model"), { modelsFolder: own, card: { name } });
      return outputsOf(await readManifest(join(own, name)));
    };
    const whole = await outputs("whole");
    const omit = async (part: string, ...fields: string[]) => {
      const file = join(own, "model", part, "config.json");
      const config = Object.entries(JSON.parse(await readFile(file, "utf8")) as object);
      expect(config.map(([field]) => field)).toEqual(expect.arrayContaining(fields));
      await writeFile(file, JSON.stringify(Object.fromEntries(config.filter(([field]) => !fields.includes(field)))));
    };
    await omit("transformer", "axes_dims_rope", "patch_size");
    await omit("vae", "act_fn", "norm_num_groups");
    expect(await outputs("terse")).toEqual(whole);
  });

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
