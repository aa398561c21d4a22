import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resolveIn } from "../../src/model/shelf.ts";
import { openCheckpoint } from "../../src/onnx/checkpoint.ts";
import { relativePositionBucket } from "../../src/onnx/t5-graph.ts";
import { buildTransformer } from "../../src/onnx/transformer-graph.ts";
import { Weights } from "../../src/onnx/weights.ts";
import { packLatents, scaleLatents, unscaleLatents } from "../../src/pipeline/latents.ts";
import { rotaryTable } from "../../src/pipeline/rotary.ts";
import { Session } from "../../src/pipeline/session.ts";
import { projectGuidance, projectSigma } from "../../src/pipeline/timestep.ts";
import type { Actual } from "./compare.ts";
import { cpuOnly, type GoldenSet } from "./golden-set.ts";

/** Values by golden name; `~` marks a part of an array, compared with that part. */
export type Computed = Map<string, Actual>;

/** Text encoders on the stored ids. */
export async function textArrays(set: GoldenSet): Promise<Computed> {
  await using clip = await Session.open(set.model, "clip", cpuOnly);
  await using t5 = await Session.open(set.model, "t5", cpuOnly);
  const feed = (ids: Int32Array) => ({ input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] } });
  const rows = set.shape("clip.input_ids")[0]!;
  const ofClip = [];
  for (let row = 0; row < rows; row += 1) ofClip.push(await clip.run(feed(set.ids("clip.input_ids", row))));
  const run = async (row: number, count?: number) =>
    (await t5.run(feed(set.ids("t5.input_ids", row, count)))).last_hidden_state!;
  const [row0, row1] = [await run(0), await run(1)];
  const shorter: [string, Actual][] = [];
  for (const { name } of set.entries) {
    const tokens = /^t5\.last_hidden_state_len(\d+)$/.exec(name)?.[1];
    if (tokens !== undefined)
      shorter.push([name, (await run(0, Number(tokens))).subarray(0, set.array(name).data.length)]);
  }
  const length = (name: string) => set.array(name).data.length;
  const { relative_attention_num_buckets: buckets, relative_attention_max_distance: far } = (
    await openCheckpoint(join(set.folder, "model"))
  ).t5.config;
  const span = length("t5.bucket_of_relative_position");
  return new Map<string, Actual>([
    [
      "clip.last_hidden_state",
      ofClip.flatMap(({ last_hidden_state }) => [...last_hidden_state!]).slice(0, length("clip.last_hidden_state")),
    ],
    ["clip.pooled", ofClip.flatMap(({ pooled }) => [...pooled!])],
    ["t5.last_hidden_state_row0", row0.subarray(0, length("t5.last_hidden_state_row0"))],
    ["t5.last_hidden_state_row1_tail", row1.subarray(row1.length - length("t5.last_hidden_state_row1_tail"))],
    ...shorter,
    [
      "t5.bucket_of_relative_position",
      Array.from({ length: span }, (_, i) => relativePositionBucket(i - (span - 1) / 2, buckets, far)),
    ],
  ]);
}

/** The transformer on the stored inputs: every block's output, then the product's own graph on the target rows. */
export async function transformerArrays(set: GoldenSet): Promise<Computed> {
  const computed: Computed = new Map();
  await using traced = await openTraced(set);
  await using plain = await Session.open(set.model, "transformer", cpuOnly);
  for (const name of ["transformer.b1", "transformer.b2"].filter((one) => set.has(`${one}.hidden_states`))) {
    const all = transformerFeeds(set, name, "all");
    const results = await traced.run(all);
    computed.set(`${name}.out`, results.noise_pred!);
    computed.set(`${name}.temb`, results.temb!);
    const { noise_pred } = await plain.run(transformerFeeds(set, name, "target"));
    computed.set(`${name}.out~target rows`, noise_pred!);
    if (name !== "transformer.b1") continue;
    computed.set(`${name}.rope_cos`, twice(all.rotary_cos.data));
    computed.set(`${name}.rope_sin`, twice(all.rotary_sin.data));
    computed.set(`${name}.norm_out`, results.norm_out!);
    for (const [output, value] of Object.entries(results)) {
      const block = /^(single_)?transformer_blocks\.(\d+)\.(txt|img)$/.exec(output);
      if (block !== null) computed.set(`${name}.${block[1] ? "single" : "double"}${block[2]}.${block[3]}`, value);
    }
  }
  return computed;
}

/** Target tokens are those whose first id is 0; in "all" mode every image token is treated as a target. */
function transformerFeeds(set: GoldenSet, name: string, mode: "all" | "target") {
  const floats = (suffix: string) => set.floats(`${name}.${suffix}`);
  const [batch, tokens, channels] = set.shape(`${name}.hidden_states`) as [number, number, number];
  const ids = floats("img_ids");
  const own = Array.from({ length: tokens }, (_, i) => i).filter((i) => ids[3 * i] === 0).length;
  const targets = mode === "all" ? tokens : own;
  const states = floats("hidden_states");
  const rows = (from: number, to: number) => ({
    data: Float32Array.from(
      Array.from({ length: batch }, (_, b) => [
        ...states.subarray((b * tokens + from) * channels, (b * tokens + to) * channels),
      ]).flat(),
    ),
    dims: [batch, to - from, channels],
  });
  const joint = [...floats("txt_ids"), ...ids];
  const { cos, sin } = rotaryTable(Float32Array.from(joint), set.model.manifest.transformer.axesDimsRope);
  const rotaryDims = [joint.length / 3, set.model.manifest.transformer.headDim / 2];
  const project = (values: Float32Array, one: (value: number) => Float32Array) => ({
    data: Float32Array.from([...values].flatMap((value) => [...one(value)])),
    dims: [batch, 256],
  });
  const stored = (suffix: string) => ({ data: floats(suffix), dims: set.shape(`${name}.${suffix}`) });
  return {
    hidden_states: rows(0, targets),
    image_latents: rows(targets, tokens),
    encoder_hidden_states: stored("encoder_hidden_states"),
    pooled_projections: stored("pooled_projections"),
    timestep_proj: project(floats("timestep"), (value) => projectSigma(value, "float32")),
    ...(set.model.manifest.transformer.guidanceEmbeds
      ? { guidance_proj: project(floats("guidance"), (value) => projectGuidance(value, "float32")) }
      : {}),
    rotary_cos: { data: cos, dims: rotaryDims },
    rotary_sin: { data: sin, dims: rotaryDims },
  };
}

/** A session over a graph that also gives every block's streams. */
async function openTraced(set: GoldenSet): Promise<Session> {
  const { transformer } = await openCheckpoint(join(set.folder, "model"));
  const graph = buildTransformer(transformer.config, new Weights("transformer", transformer.views), {
    compute: "float32",
    intermediates: true,
  });
  const file = join(set.scratch, "traced", "transformer.onnx");
  await mkdir(join(set.scratch, "traced"), { recursive: true });
  await writeFile(file, graph.encode(resolveIn(set.model, set.model.manifest.weightsRoot)));
  const { manifest, folder } = set.model;
  const part = { ...manifest.parts.transformer, graphs: { float32: file } };
  return Session.open(
    { folder, manifest: { ...manifest, parts: { ...manifest.parts, transformer: part } } },
    "transformer",
    cpuOnly,
  );
}

/** The VAE on the stored image and latent. */
export async function vaeArrays(set: GoldenSet): Promise<Computed> {
  const config = set.model.manifest.vae;
  await using encoder = await Session.open(set.model, "vaeEncoder", cpuOnly);
  const { moments } = await encoder.run({ sample: { data: set.floats("vae.image"), dims: set.shape("vae.image") } });
  const latent = scaleLatents(moments!.subarray(0, set.array("vae.image_latent").data.length), config);
  const [, channels, height, width] = set.shape("vae.latent") as [number, number, number, number];
  // The stored latent is raw; the pipeline's own decode starts from packed, scaled latents.
  const packed = packLatents(scaleLatents(set.floats("vae.latent"), config), { channels, height, width });
  const size = { width: width * config.scaleFactor, height: height * config.scaleFactor };
  return new Map<string, Actual>([
    ["vae.encoder_moments", moments!],
    ["vae.image_latent", latent],
    ["vae.decoded", await set.pipeline.vae.decode(packed, size)],
    ["vae.latent", unscaleLatents(scaleLatents(set.floats("vae.latent"), config), config)],
  ]);
}

function twice(values: Float32Array | BigInt64Array): number[] {
  return [...(values as Float32Array)].flatMap((value) => [value, value]);
}
