import { Refused } from "../core/errors.ts";
import { firstStep } from "../core/first-step.ts";
import type { GreyImage, Size } from "../core/image.ts";
import type { CropBox } from "./crop-region.ts";
import { type Denoising, type Inpainting, startInpainting } from "./denoise.ts";
import type { LatentShape } from "./latents.ts";
import { binarize, cutMask, latentMask, packMask } from "./mask.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PromptEmbeds } from "./prompt-embeds.ts";
import { sigmas } from "./sigmas.ts";
import type { Rounding } from "./timestep.ts";

/** What an edit is made of, its texts and pictures encoded. */
export interface EditStart {
  /** Pixels of the picture that is made. */
  readonly size: Size;
  /** `[target tokens, inChannels]` */
  readonly noise: Float32Array;
  readonly steps: number;
  readonly prompt: PromptEmbeds;
  readonly guidance: number;
  readonly rounding: Rounding;
  readonly trueCfg?: Denoising["trueCfg"];
  /** What the model looks at: latents `[context tokens, inChannels]`, and pixels of the picture that they are of. */
  readonly context?: { readonly latents: Float32Array; readonly size: Size };
  readonly inpainting?: {
    /** At `size`, greys kept; white is repainted. */
    readonly mask: GreyImage;
    /** The part of picture and mask that is enlarged to `size`, where not all is. */
    readonly box?: CropBox | undefined;
    /** Latents of what is kept, `[target tokens, inChannels]`. */
    readonly base: Float32Array;
    /** 0…1: the share of the steps that run. */
    readonly strength: number;
  };
}

type Model = Pick<Pipeline, "vae" | "scheduler">;

/**
 * An edit before its first step.
 *
 * @throws Refused BAD_INPUT when a side holds no whole number of tokens, or a strength leaves no step to run
 */
export function startEdit(model: Model, start: EditStart): Denoising {
  const { size, noise, steps, context, prompt, guidance, rounding, trueCfg, inpainting } = start;
  const target = tokenGrid(model, size);
  const levels = sigmas(target.width * target.height, steps, model.scheduler);
  const step = inpainting === undefined ? 0 : firstStep(steps, inpainting.strength);
  const repaint = inpainting && repaintingOf(model, start, inpainting);
  return {
    latents: repaint === undefined ? noise : startInpainting(repaint, levels[step]!),
    step,
    sigmas: levels,
    geometry: { target, ...(context && { context: tokenGrid(model, context.size) }) },
    imageLatents: context?.latents ?? new Float32Array(0),
    prompt,
    guidance,
    rounding,
    ...(trueCfg && { trueCfg }),
    ...(repaint && { inpainting: repaint }),
  };
}

function repaintingOf(
  model: Model,
  { size, noise }: EditStart,
  { mask, box, base }: NonNullable<EditStart["inpainting"]>,
): Inpainting {
  const binary = binarize(box === undefined ? mask : cutMask(mask, box, size));
  return { mask: packMask(latentMask(binary, model.vae.config.scaleFactor), latentShape(model, size)), base, noise };
}

/**
 * Latent cells of a picture.
 *
 * @throws Refused BAD_INPUT when a side holds no whole number of tokens
 */
export function latentShape(model: Pick<Model, "vae">, size: Size): LatentShape {
  const { width, height } = tokenGrid(model, size);
  return { width: 2 * width, height: 2 * height, channels: model.vae.config.latentChannels };
}

/** Tokens of a picture, with the same refusal. */
function tokenGrid({ vae }: Pick<Model, "vae">, { width, height }: Size): Size {
  const token = 2 * vae.config.scaleFactor;
  if (width % token !== 0 || height % token !== 0)
    throw new Refused("BAD_INPUT", `${width} × ${height}: both sides must be multiples of ${token} pixels`);
  return { width: width / token, height: height / token };
}
