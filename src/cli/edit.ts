import { type BucketRule, chooseBucket, parseAspectRatio } from "../core/bucket.ts";
import { Refused } from "../core/errors.ts";
import type { GreyImage, RgbImage, Size } from "../core/image.ts";
import type { Engine, SlotSpec } from "../engine/engine.ts";
import { resizeMask, restorePixels, restoreSize } from "../finishing/restore.ts";
import type { Manifest } from "../model/manifest.ts";

/** One edit as the command line asks for it. */
export interface EditRequest {
  readonly image: RgbImage;
  readonly prompt: string;
  readonly steps: number;
  readonly guidance: number;
  /** 0…2³²−1. */
  readonly seed: number;
  /** Width:height of the result; the image's own when left out. */
  readonly aspect?: string;
  /** `original` brings the result back to the image's size, where the aspect is the image's own. */
  readonly size: "original" | "model";
  readonly bucketRule: BucketRule;
  /** How noise is drawn and numbers are rounded. */
  readonly rounding: SlotSpec["rounding"];
  /** White is repainted, the rest keeps its pixels. Any size: it is stretched over the image. */
  readonly mask?: GreyImage;
  /** 0…1, with a mask. */
  readonly strength?: number;
  readonly trueCfg?: { readonly negativePrompt: string; readonly scale: number };
}

export interface EditStep {
  readonly done: number;
  readonly total: number;
  /** Of the last step, and of all that are left at that pace. */
  readonly seconds: number;
  readonly secondsLeft: number;
}

export interface EditResult {
  readonly image: RgbImage;
  /** The size that the model worked at. */
  readonly bucket: Size;
  readonly seconds: number;
  readonly secondsPerStep: number;
}

const slot = "edit";

/** Runs one edit from pixels to pixels on an engine that has loaded the model. */
export async function runEdit(
  engine: Engine,
  manifest: Manifest,
  request: EditRequest,
  { signal, onStep }: { signal: AbortSignal; onStep: (step: EditStep) => void },
): Promise<EditResult> {
  const started = performance.now();
  const context = chooseBucket(request.image, manifest.buckets, request.bucketRule);
  const bucket = request.aspect === undefined ? context : bucketOfAspect(request.aspect, manifest.buckets);
  if (request.mask !== undefined && request.aspect !== undefined) {
    throw new Refused("BAD_INPUT", "--aspect and --mask exclude each other: a masked edit keeps the picture's shape");
  }
  const opened = await engine.openSlot(slotSpec(request, bucket, context), signal);
  const denoisingStarted = performance.now();
  for (let step = opened.step; step < opened.steps; step += 1) {
    const { ms } = await engine.step([slot], { signal });
    const left = opened.steps - step - 1;
    onStep({ done: step + 1, total: opened.steps, seconds: ms / 1000, secondsLeft: (left * ms) / 1000 });
  }
  const secondsPerStep = (performance.now() - denoisingStarted) / 1000 / Math.max(1, opened.steps - opened.step);
  const image = await finish(await engine.decode(slot, signal), request);
  await engine.closeSlot(slot);
  return { image, bucket, seconds: (performance.now() - started) / 1000, secondsPerStep };
}

function slotSpec(request: EditRequest, size: Size, contextSize: Size): SlotSpec {
  const { image, prompt, steps, guidance, seed, rounding, trueCfg, mask, strength = 1 } = request;
  return {
    slot,
    size,
    prompt,
    steps,
    guidance,
    seed,
    rounding,
    context: { image, size: contextSize },
    ...(trueCfg === undefined ? {} : { trueCfg }),
    ...(mask === undefined ? {} : { inpainting: { image, mask, strength } }),
  };
}

/** The bucket whose aspect ratio is nearest to the one asked for. */
function bucketOfAspect(text: string, buckets: readonly Size[]): Size {
  const { width, height } = parseAspectRatio(text);
  // Only the ratio counts; large numbers, because a side under 16 pixels has no bucket.
  return chooseBucket({ width: width * 1e6, height: height * 1e6 }, buckets, "bfl");
}

/** Size and kept pixels of the source put back. */
async function finish(decoded: RgbImage, { image, mask, size, aspect }: EditRequest): Promise<RgbImage> {
  if (mask !== undefined) {
    const original = await restoreSize(decoded, image);
    const restored = await restorePixels(original, image, await resizeMask(mask, image));
    return size === "model" ? restoreSize(restored, decoded) : restored;
  }
  return size === "model" || aspect !== undefined ? decoded : restoreSize(decoded, image);
}
