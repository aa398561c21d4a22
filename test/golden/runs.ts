import { chooseBucket, floorToMultiple, preferredBuckets } from "../../src/core/bucket.ts";
import type { GreyImage, RgbImage, Size } from "../../src/core/image.ts";
import { cropRegion } from "../../src/pipeline/crop-region.ts";
import { type Denoising, denoiseStep, isDone } from "../../src/pipeline/denoise.ts";
import { imageIds } from "../../src/pipeline/image-ids.ts";
import { packLatents, unpackLatents } from "../../src/pipeline/latents.ts";
import { binarize, cutMask, stretchMask } from "../../src/pipeline/mask.ts";
import { toTensor } from "../../src/pipeline/pixels.ts";
import { prepareImage } from "../../src/pipeline/prepare-image.ts";
import type { PromptEmbeds } from "../../src/pipeline/prompt-embeds.ts";
import { type EditStart, startEdit } from "../../src/pipeline/start-edit.ts";
import type { Actual } from "./compare.ts";
import { cutWindow, type GoldenSet } from "./golden-set.ts";
import type { Computed } from "./networks.ts";

/** The end-to-end runs: whole edits through the pipeline's own parts, step by step. */
export async function runArrays(set: GoldenSet): Promise<Computed> {
  const runs = new Runs(set, await embed(set, 0, 0), await embed(set, 1, 2));
  const byName: Record<string, () => Promise<[string, Actual][]>> = {
    kontext: () => runs.kontext("kontext"),
    kontext_cfg: () => runs.kontext("kontext_cfg"),
    kontext_auto: () => runs.kontextAuto(),
    inpaint: () => runs.inpaint("inpaint"),
    inpaint_ref: () => runs.inpaint("inpaint_ref"),
    inpaint_crop: () => runs.inpaint("inpaint_crop"),
  };
  const computed: Computed = new Map();
  for (const [name, run] of Object.entries(byName)) {
    if (!set.has(`${name}.latents_per_step`)) continue;
    for (const [array, actual] of await run()) computed.set(array, actual);
  }
  return computed;
}

function embed(set: GoldenSet, t5Row: number, clipRow: number): Promise<PromptEmbeds> {
  return set.pipeline.textEncoder.encodeIds(set.ids("clip.input_ids", clipRow), set.ids("t5.input_ids", t5Row));
}

class Runs {
  readonly #set: GoldenSet;
  readonly #prompt: PromptEmbeds;
  readonly #negative: PromptEmbeds;
  readonly #token: number;

  constructor(set: GoldenSet, prompt: PromptEmbeds, negative: PromptEmbeds) {
    this.#set = set;
    this.#prompt = prompt;
    this.#negative = negative;
    this.#token = 2 * set.model.manifest.vae.scaleFactor;
  }

  /** An edit whose context is the source floored to whole tokens; with true CFG under the name `kontext_cfg`. */
  async kontext(name: "kontext" | "kontext_cfg"): Promise<[string, Actual][]> {
    const source = this.#set.image("kontext.source_image");
    const context = prepareImage(source, floorToMultiple(source, this.#token));
    const { latents, size } = this.#noise("kontext.noise");
    const trueCfg = { negative: this.#negative, scale: this.#set.parameters.trueCfgScale };
    const edit = await this.#start(name, { noise: latents, size, context, ...(name === "kontext_cfg" && { trueCfg }) });
    const results = await this.#run(name, edit, size);
    if (name === "kontext_cfg") return results;
    return [
      ...results,
      ["kontext.vae_input", toTensor(context)],
      ["kontext.context_tokens", edit.imageLatents],
      ["kontext.sigmas", edit.sigmas],
      ["kontext.img_ids", imageIds(edit.geometry.target, edit.geometry.context)],
    ];
  }

  /** An edit whose context goes to its preferred bucket. */
  async kontextAuto(): Promise<[string, Actual][]> {
    const set = this.#set;
    const source = set.image("kontext_auto.source_image");
    const bucket = chooseBucket(source, preferredBuckets(), "diffusers");
    const context = prepareImage(source, bucket);
    const tensor = toTensor(context);
    const { latents, size } = this.#noise("kontext.noise");
    const edit = await this.#start("kontext_auto", { noise: latents, size, context });
    const { scaleFactor, latentChannels } = set.model.manifest.vae;
    const cells = { width: bucket.width / scaleFactor, height: bucket.height / scaleFactor };
    const planes = unpackLatents(edit.imageLatents, { ...cells, channels: latentChannels });
    return [
      ...(await this.#run("kontext_auto", edit, size)),
      ["kontext_auto.vae_input_shape", [1, 3, bucket.height, bucket.width]],
      ["kontext_auto.vae_input_patch", cutWindow(tensor, bucket, set.window("kontext_auto.vae_input_patch"))],
      ["kontext_auto.context_latent_patch", cutWindow(planes, cells, set.window("kontext_auto.context_latent_patch"))],
    ];
  }

  /** Repainting under a mask: of the whole picture, with a reference picture as context, or of a crop. */
  async inpaint(name: "inpaint" | "inpaint_ref" | "inpaint_crop"): Promise<[string, Actual][]> {
    const set = this.#set;
    const { latents: noise, size } = this.#noise("inpaint.noise");
    const mask = stretchMask(this.#mask("inpaint.mask"), size);
    const box = name === "inpaint_crop" ? cropRegion(mask, size, set.parameters.maskPadding) : undefined;
    const image = prepareImage(set.image("inpaint.image"), size, box);
    const base = await set.pipeline.vae.encode(image);
    const reference = set.image("inpaint_ref.reference_image");
    const context = name === "inpaint_ref" ? prepareImage(reference, floorToMultiple(reference, this.#token)) : image;
    // Half a step less than run, for a strength leaves out whole steps.
    const strength = (set.shape(`${name}.latents_per_step`)[0]! - 0.5) / (this.#sigmaCount(name) - 1);
    const edit = await this.#start(name, { noise, size, context, inpainting: { mask, box, base, strength } });
    const binary = binarize(box === undefined ? mask : cutMask(mask, box, size));
    return [
      ...(await this.#run(name, edit, size)),
      [`${name}.sigmas`, edit.sigmas],
      [`${name}.mask_binary`, binary.data.map((value) => value / 255)],
      [`${name}.mask_packed`, edit.inpainting!.mask],
      ...(box === undefined ? [] : [[`${name}.crop_coords`, [box.x1, box.y1, box.x2, box.y2]] as [string, Actual]]),
    ];
  }

  async #start(
    name: string,
    {
      context,
      ...given
    }: Pick<EditStart, "noise" | "size" | "trueCfg" | "inpainting"> & { readonly context: RgbImage },
  ): Promise<Denoising> {
    const { pipeline, parameters } = this.#set;
    return startEdit(pipeline, {
      ...given,
      steps: this.#sigmaCount(name) - 1,
      prompt: this.#prompt,
      guidance: parameters.guidance,
      rounding: "float32",
      context: { latents: await pipeline.vae.encode(context), size: context },
    });
  }

  /** Runs without sigmas of their own start at the first step, so their rows tell the steps. */
  #sigmaCount(name: string): number {
    const own = this.#set.entries.find((entry) => entry.name === `${name}.sigmas`);
    return own === undefined ? this.#set.shape(`${name}.latents_per_step`)[0]! + 1 : this.#set.shape(own.name)[0]!;
  }

  async #run(name: string, edit: Denoising, size: Size): Promise<[string, Actual][]> {
    const perStep: number[] = [];
    while (!isDone(edit)) {
      await denoiseStep(this.#set.pipeline.transformer, [edit]);
      perStep.push(...edit.latents);
    }
    const decoded = await this.#set.pipeline.vae.decode(edit.latents, size);
    return [
      [`${name}.latents_per_step`, perStep],
      [`${name}.decoded`, decoded],
      [`${name}.pixels`, (await this.#set.pipeline.vae.decodePixels(edit.latents, size)).data],
    ];
  }

  #noise(name: string): { latents: Float32Array; size: Size } {
    const [, channels, height, width] = this.#set.shape(name) as [number, number, number, number];
    const { scaleFactor } = this.#set.model.manifest.vae;
    const latents = packLatents(this.#set.floats(name), { channels, height, width });
    return { latents, size: { width: width * scaleFactor, height: height * scaleFactor } };
  }

  #mask(name: string): GreyImage {
    const { shape, data } = this.#set.array(name);
    return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array };
  }
}
