import { aspectSize, chooseBucket, parseAspectRatio } from "../core/bucket.ts";
import type { EditRequest, OutputFormat, OutputSize, Priority } from "../core/edit.ts";
import { Refused } from "../core/errors.ts";
import { firstStep } from "../core/first-step.ts";
import type { Size } from "../core/image.ts";
import { checkPrompt, checkPromptText } from "../core/prompt.ts";
import { imageTokens } from "../model/flops.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Job } from "../scheduler/job.ts";

/** What a caller may ask for; what is left out is filled in from the model and from {@link limits}. */
export interface EditWish {
  readonly prompt: string;
  readonly imageIds: readonly string[];
  readonly maskId?: string;
  readonly strength?: number;
  readonly model?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly negativePrompt?: string;
  readonly trueCfg?: number;
  readonly seed?: number;
  readonly count?: number;
  readonly aspectRatio?: string;
  readonly output?: { readonly format?: OutputFormat; readonly quality?: number; readonly size?: OutputSize };
  readonly safetyTolerance?: number;
  readonly priority?: Priority;
  /** When the result is wanted. */
  readonly deadline?: Date;
}

/** Ranges of an edit's arguments, ends included. */
export const limits = {
  images: [0, 4],
  /** NVIDIA's service takes 20 to 50; a distilled small model needs fewer. */
  steps: [1, 100],
  guidance: [1, 9],
  trueCfg: [1, 20],
  seed: [0, 2 ** 32 - 1],
  count: [1, 4],
  quality: [1, 100],
  safetyTolerance: [0, 6],
} as const;

export const matchInput = "MATCH_INPUT";

/** The ratios of the 17 buckets, width to height, by round names; others in between get the nearest bucket. */
export const aspectRatios = [
  ...["3:7", "9:20", "1:2", "9:16", "3:5", "2:3", "3:4", "6:7", "1:1"],
  ...["7:6", "4:3", "3:2", "5:3", "16:9", "2:1", "20:9", "7:3"],
] as const;

/** Width over height of the narrowest and the widest bucket. */
const aspectRange = [3 / 7, 7 / 3] as const;

/**
 * Fills in an edit's defaults and chooses its bucket.
 *
 * @param source size of the picture that is edited, several already placed side by side; absent for text to image
 * @throws Refused BAD_INPUT listing every argument at fault
 */
export function planEdit(
  wish: EditWish,
  manifest: Manifest,
  source: Size | undefined,
  drawSeed: () => number,
): EditRequest {
  const { defaults } = manifest;
  const guidance = wish.guidance ?? Math.min(limits.guidance[1], Math.max(limits.guidance[0], defaults.guidance));
  const { format = "PNG", quality = 90, size = "ORIGINAL" } = wish.output ?? {};
  const aspectRatio = wish.aspectRatio ?? matchInput;
  const steps = wish.steps ?? defaults.steps;
  refuseFaults([
    ...faultsOf(wish, source !== undefined),
    ...maskFaults(wish, steps),
    ...promptFaults(wish.prompt, "prompt", checkPrompt),
  ]);
  const contextBucket = source && contextBucketOf(source, manifest);
  return {
    imageIds: wish.imageIds,
    strength: wish.strength ?? 1,
    model: manifest.name,
    modelDigest: manifest.digest,
    steps,
    guidance,
    seed: wish.seed ?? drawSeed(),
    count: wish.count ?? 1,
    aspectRatio,
    bucket: bucketFor(aspectRatio, contextBucket, manifest),
    output: { format, quality, size },
    safetyTolerance: wish.safetyTolerance ?? 2,
    priority: wish.priority ?? "NORMAL",
    rounding: roundingOf(manifest),
    ...(contextBucket && { contextBucket }),
    ...(wish.maskId !== undefined && { maskId: wish.maskId }),
    ...(wish.negativePrompt !== undefined && { negativePrompt: wish.negativePrompt }),
    ...(wish.trueCfg !== undefined && { trueCfg: wish.trueCfg }),
    ...(wish.deadline !== undefined && { deadlineAt: wish.deadline.getTime() }),
  };
}

/** The size at which the model looks at a source. */
export function contextBucketOf(source: Size, { buckets }: Pick<Manifest, "buckets">): Size {
  return chooseBucket(source, buckets, "diffusers");
}

/** The scheduler's view of one of an edit's pictures. */
export function jobOf(
  edit: { id: string; accountId: string; request: EditRequest },
  index: number,
  account: { weight: number; concurrencyMax: number },
  manifest: Manifest,
  times: { now: number; date: Date },
): Job {
  const { steps, trueCfg, priority, deadlineAt } = edit.request;
  const { transformer } = manifest;
  const { bucket, text, target, context, tokens } = geometryOf(edit.request, manifest);
  return {
    id: pictureId(edit.id, index),
    account: edit.accountId,
    weight: account.weight,
    priority: priorityNames[priority],
    bucket,
    bucketTokens: tokens,
    steps,
    rowsPerStep: trueCfg === undefined ? 1 : 2,
    // Latents, noise and mask of the target, the context, and up to two prompts; float32.
    latentBytes: 4 * ((3 * target + context) * transformer.inChannels + 2 * text * transformer.jointAttentionDim),
    concurrencyMax: account.concurrencyMax,
    ...(deadlineAt !== undefined && { deadlineMs: times.now + deadlineAt - times.date.getTime() }),
  };
}

/** How numbers are rounded and noise is drawn for a model: as it was trained. */
export function roundingOf({ precision }: Manifest): EditRequest["rounding"] {
  return precision === "bfloat16" ? "bfloat16" : "float32";
}

/** What edits must have in common to share a step: its name, and its tokens of text, target and context. */
export function geometryOf(
  { bucket, contextBucket }: Pick<EditRequest, "bucket" | "contextBucket">,
  manifest: Manifest,
) {
  const { vae, textEncoders } = manifest;
  const text = textEncoders.t5.tokensMax;
  const target = imageTokens(bucket, vae.scaleFactor);
  const context = contextBucket === undefined ? 0 : imageTokens(contextBucket, vae.scaleFactor);
  const name = ({ width, height }: Size) => `${width}x${height}`;
  const names = [name(bucket), contextBucket ? name(contextBucket) : "none", text];
  return { bucket: names.join("/"), text, target, context, tokens: text + target + context };
}

const priorityNames = { INTERACTIVE: "interactive", NORMAL: "normal", BATCH: "batch" } as const;

/** How a picture of an edit is called in the scheduler and the engine. */
export function pictureId(editId: string, index: number): string {
  return `${editId}.${index}`;
}

function bucketFor(aspectRatio: string, context: Size | undefined, manifest: Manifest): Size {
  if (aspectRatio !== matchInput) {
    // Only the ratio counts; large numbers, because a side under 16 pixels has no bucket.
    const { width, height } = parseAspectRatio(aspectRatio);
    return chooseBucket({ width: width * 1e6, height: height * 1e6 }, manifest.buckets, "bfl");
  }
  return context ?? chooseBucket(aspectSize("1:1", manifest.maxArea), manifest.buckets, "bfl");
}

function faultsOf(wish: EditWish, hasSource: boolean): string[] {
  const faults: string[] = [];
  const check = (name: string, value: number | undefined, [min, max]: readonly [number, number], whole: boolean) => {
    if (value === undefined || (value >= min && value <= max && (!whole || Number.isInteger(value)))) return;
    faults.push(`${name} is ${value}: ${whole ? "a whole number" : "a number"} from ${min} to ${max} is expected`);
  };
  check("images: their number", wish.imageIds.length, limits.images, true);
  check("steps", wish.steps, limits.steps, true);
  check("guidance", wish.guidance, limits.guidance, false);
  check("seed", wish.seed, limits.seed, true);
  check("count", wish.count, limits.count, true);
  check("output.quality", wish.output?.quality, limits.quality, true);
  check("safetyTolerance", wish.safetyTolerance, limits.safetyTolerance, true);
  check("trueCfg", wish.trueCfg, limits.trueCfg, false);
  if (wish.trueCfg === 1) faults.push("trueCfg is 1, which guides nothing: leave it out or give more than 1");
  if ((wish.trueCfg === undefined) !== (wish.negativePrompt === undefined))
    faults.push("negativePrompt and trueCfg go together: true classifier-free guidance needs both");
  if (wish.negativePrompt !== undefined)
    faults.push(...promptFaults(wish.negativePrompt, "negativePrompt", checkPromptText));
  faults.push(...aspectFaults(wish, hasSource));
  return faults;
}

function aspectFaults({ aspectRatio = matchInput, maskId, imageIds }: EditWish, hasSource: boolean): string[] {
  if (aspectRatio === matchInput) return [];
  if (!isAspect(aspectRatio))
    return [
      `aspectRatio is "${aspectRatio.slice(0, 20)}": ${matchInput} or one of ${aspectRatios.join(" ")} is expected`,
    ];
  if (maskId !== undefined && hasSource && imageIds.length > 0)
    return ["aspectRatio and mask exclude each other: a masked edit keeps the picture's shape"];
  return [];
}

function isAspect(text: string): boolean {
  if (!/^\d{1,4}(\.\d{1,4})?:\d{1,4}(\.\d{1,4})?$/.test(text)) return false;
  const [width, height] = text.split(":").map(Number);
  const ratio = width! / height!;
  return ratio >= aspectRange[0] && ratio <= aspectRange[1];
}

function maskFaults({ maskId, imageIds, strength }: EditWish, steps: number): string[] {
  if (maskId === undefined) return strength === undefined ? [] : ["strength needs a mask"];
  const faults = imageIds.length === 1 ? [] : ["a mask needs exactly one image, the one it lies over"];
  if (strength !== undefined) faults.push(...refusalOf(() => firstStep(steps, strength)));
  return faults;
}

function promptFaults(prompt: string, name: string, check: (prompt: string) => void): string[] {
  return refusalOf(() => check(prompt)).map((fault) => fault.replace("the prompt", `the ${name}`));
}

/** Why a check refuses; nothing where it does not. */
function refusalOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof Refused) return [error.message];
    throw error;
  }
}

function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("; "), faults);
}
