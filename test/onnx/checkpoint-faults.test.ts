import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Refused } from "../../src/core/errors.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { copyForEach } from "../support/checkpoint-copy.ts";

let folder: string;
let models: string;
copyForEach((copy) => {
  ({ folder, models } = copy);
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
