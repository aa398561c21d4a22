import type { GreyImage, Size } from "../../core/image.ts";
import { type CropBox, cropRegion } from "../../pipeline/crop-region.ts";
import type { Denoising } from "../../pipeline/denoise.ts";
import { stretchMask } from "../../pipeline/mask.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import { type EditStart, latentShape, startEdit } from "../../pipeline/start-edit.ts";
import type { Body } from "../protocol.ts";
import type { Encodings, ImageRef } from "./encodings.ts";
import type { ForeseenNoise } from "./foreseen-noise.ts";
import type { Staging } from "./staging.ts";

type Spec = Body<"openSlot">;

export interface OpenedEdit {
  readonly denoising: Denoising;
  readonly size: Size;
  readonly box?: CropBox;
}

/** Encodes what an edit needs and starts it from its seed. Throws `NotStaged` before any work when pixels are missing. */
export async function openEdit(
  pipeline: Pipeline,
  staging: Staging,
  encodings: Encodings,
  noise: ForeseenNoise,
  spec: Spec,
): Promise<OpenedEdit> {
  const { size, inpainting, seed, steps, guidance, rounding } = spec;
  latentShape(pipeline, size);
  if (inpainting !== undefined) staging.require([inpainting.mask]);
  const mask = inpainting && stretchMask(encodings.mask(inpainting.mask), size);
  const box =
    mask && inpainting?.maskPadding !== undefined ? cropRegion(mask, size, inpainting.maskPadding) : undefined;
  const base = inpainting && imageRef(inpainting.image, size, box);
  // A cropped edit works at the output's size, its context too; otherwise a context has a size of its own.
  const context =
    spec.context === undefined ? base : imageRef(spec.context.image, box === undefined ? spec.context.size : size, box);
  const missing = [base, context].filter((ref) => ref !== undefined && !encodings.knows(ref)).map((ref) => ref!.image);
  staging.require(missing);
  if (context !== undefined) latentShape(pipeline, context.size);

  const denoising = startEdit(pipeline, {
    size,
    noise: noise.take({ seed, size, rounding }),
    steps,
    prompt: (await encodings.prompt(spec.prompt)).value,
    guidance,
    rounding,
    ...(await trueCfg(encodings, spec)),
    ...(context && { context: { latents: (await encodings.image(context)).value, size: context.size } }),
    ...(await repainting(encodings, { spec, mask, box, base })),
  });
  return { denoising, size, ...(box === undefined ? {} : { box }) };
}

/** The box of an image that inpainting with this mask and padding cuts out. */
export function cropBoxOf(encodings: Encodings, crop: NonNullable<Body<"encodeImage">["crop"]>): CropBox {
  return cropRegion(stretchMask(encodings.mask(crop.mask), crop.outputSize), crop.outputSize, crop.padding);
}

async function trueCfg(encodings: Encodings, { trueCfg: cfg }: Spec): Promise<Pick<EditStart, "trueCfg">> {
  if (cfg === undefined) return {};
  return { trueCfg: { negative: (await encodings.prompt(cfg.negativePrompt)).value, scale: cfg.scale } };
}

async function repainting(
  encodings: Encodings,
  asked: {
    readonly spec: Spec;
    readonly mask: GreyImage | undefined;
    readonly box: CropBox | undefined;
    readonly base: ImageRef | undefined;
  },
): Promise<Pick<EditStart, "inpainting">> {
  const { spec, mask, box, base } = asked;
  if (spec.inpainting === undefined || mask === undefined || base === undefined) return {};
  const { strength } = spec.inpainting;
  return { inpainting: { mask, box, base: (await encodings.image(base)).value, strength } };
}

function imageRef(image: string, size: Size, box: CropBox | undefined): ImageRef {
  return { image, size, ...(box === undefined ? {} : { box }) };
}
