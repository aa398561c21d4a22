import { Refused } from "../../core/errors.ts";
import type { GreyImage, Size } from "../../core/image.ts";
import { type CropBox, cropPixels, cropRegion } from "../../pipeline/crop-region.ts";
import { type Denoising, type Inpainting, startInpainting } from "../../pipeline/denoise.ts";
import { packLatents } from "../../pipeline/latents.ts";
import { binarize, latentMask, packMask } from "../../pipeline/mask.ts";
import { drawNoise } from "../../pipeline/noise.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import { resizeFill, resizeLanczos } from "../../pipeline/resize.ts";
import { firstStep, sigmas } from "../../pipeline/sigmas.ts";
import type { Body } from "../protocol.ts";
import type { Encodings, ImageRef } from "./encodings.ts";
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
  spec: Spec,
): Promise<OpenedEdit> {
  const { size, inpainting } = spec;
  const cells = latentCells(pipeline, size);
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
  if (context !== undefined) latentCells(pipeline, context.size);

  const noise = packLatents(
    drawNoise(spec.seed, size, cells.channels, spec.rounding, pipeline.vae.config.scaleFactor),
    cells,
  );
  const target = grid(pipeline, size);
  const levels = sigmas(target.width * target.height, spec.steps, pipeline.scheduler);
  const repaint = mask &&
    base && {
      mask: packMask(
        latentMask(binarize(box === undefined ? mask : cutMask(mask, box, size)), pipeline.vae.config.scaleFactor),
        cells,
      ),
      base: (await encodings.image(base)).value,
      noise,
    };
  const step = inpainting === undefined ? 0 : firstStep(spec.steps, inpainting.strength);
  const denoising: Denoising = {
    latents: repaint === undefined ? noise : startInpainting(repaint, levels[step]!),
    step,
    sigmas: levels,
    geometry: { target, ...(context === undefined ? {} : { context: grid(pipeline, context.size) }) },
    imageLatents: context === undefined ? new Float32Array(0) : (await encodings.image(context)).value,
    prompt: (await encodings.prompt(spec.prompt)).value,
    guidance: spec.guidance,
    rounding: spec.rounding,
    ...(await trueCfg(encodings, spec)),
    ...(repaint === undefined ? {} : { inpainting: repaint satisfies Inpainting }),
  };
  return { denoising, size, ...(box === undefined ? {} : { box }) };
}

/** The box of an image that inpainting with this mask and padding cuts out. */
export function cropBoxOf(encodings: Encodings, crop: NonNullable<Body<"encodeImage">["crop"]>): CropBox {
  return cropRegion(stretchMask(encodings.mask(crop.mask), crop.outputSize), crop.outputSize, crop.padding);
}

async function trueCfg(encodings: Encodings, { trueCfg: cfg }: Spec): Promise<Pick<Denoising, "trueCfg">> {
  if (cfg === undefined) return {};
  return { trueCfg: { negative: (await encodings.prompt(cfg.negativePrompt)).value, scale: cfg.scale } };
}

function imageRef(image: string, size: Size, box: CropBox | undefined): ImageRef {
  return { image, size, ...(box === undefined ? {} : { box }) };
}

/** A mask at the output's size, greys kept: the box is measured on it and the cut comes before black and white. */
function stretchMask(mask: GreyImage, size: Size): GreyImage {
  return { ...size, data: resizeLanczos(mask.data, { ...mask, channels: 1 }, size) };
}

function cutMask(mask: GreyImage, box: CropBox, size: Size): GreyImage {
  const layout = { width: box.x2 - box.x1, height: box.y2 - box.y1, channels: 1 };
  return { ...size, data: resizeFill(cropPixels(mask.data, { ...mask, channels: 1 }, box), layout, size) };
}

/** Latent cells of a size, which must hold whole tokens. */
function latentCells(pipeline: Pipeline, size: Size) {
  const { scaleFactor, latentChannels: channels } = pipeline.vae.config;
  const token = 2 * scaleFactor;
  if (size.width % token !== 0 || size.height % token !== 0) {
    throw new Refused("BAD_INPUT", `${size.width} × ${size.height}: both sides must be multiples of ${token} pixels`);
  }
  return { width: size.width / scaleFactor, height: size.height / scaleFactor, channels };
}

function grid(pipeline: Pipeline, size: Size): Size {
  const token = 2 * pipeline.vae.config.scaleFactor;
  return { width: size.width / token, height: size.height / token };
}
