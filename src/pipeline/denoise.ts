import { assert } from "../core/errors.ts";
import type { PromptEmbeds } from "./prompt-embeds.ts";
import type { Rounding } from "./timestep.ts";
import type { Geometry, Transformer, TransformerRow } from "./transformer.ts";

/** What is repainted and what is kept; all arrays `[target tokens, inChannels]`. */
export interface Inpainting {
  /** 1 repaints, 0 keeps. */
  readonly mask: Float32Array;
  /** Latents of the image that is kept. */
  readonly base: Float32Array;
  /** The noise that the edit started from. */
  readonly noise: Float32Array;
}

/** One edit on its way from noise to latents. `latents` and `step` move; the rest stays. */
export interface Denoising {
  /** `[target tokens, inChannels]`, after `step` steps. */
  latents: Float32Array;
  /** Index of the next step; at `sigmas.length - 1` the edit is done. */
  step: number;
  /** What the transformer predicted at the step before, `[target tokens, inChannels]`; absent before the first. */
  velocity?: Float32Array;
  readonly sigmas: Float32Array;
  readonly geometry: Geometry;
  /** `[context tokens, inChannels]`, the same at every step. */
  readonly imageLatents: Float32Array;
  readonly prompt: PromptEmbeds;
  readonly guidance: number;
  readonly rounding: Rounding;
  /** True classifier-free guidance: a second row per step with the negative prompt. */
  readonly trueCfg?: { readonly negative: PromptEmbeds; readonly scale: number };
  readonly inpainting?: Inpainting;
}

/** Whether every step has run. */
export function isDone(denoising: Denoising): boolean {
  return denoising.step >= denoising.sigmas.length - 1;
}

/** The clean latents that the last step foresaw, `x - sigma * velocity`; before the first step the latents as they are. */
export function foreseen({ latents, velocity, sigmas, step }: Denoising): Float32Array {
  if (velocity === undefined) return latents;
  const sigma = sigmas[step]!;
  const clean = new Float32Array(latents.length);
  for (let i = 0; i < clean.length; i++) clean[i] = latents[i]! - sigma * velocity[i]!;
  return clean;
}

/** The start of an inpainting from step `firstStep`: noise mixed into the image as far as that step's level says. */
export function startInpainting({ base, noise }: Inpainting, sigma: number): Float32Array {
  return mix(noise, base, sigma);
}

/**
 * One step for every edit of a batch, in one run of the transformer. Edits share a geometry; prompt, source, sigma,
 * guidance, step count and step index are each edit's own.
 */
export async function denoiseStep(transformer: Transformer, batch: readonly Denoising[]): Promise<void> {
  const geometry = batch[0]!.geometry;
  const rows = batch.flatMap((edit) => rowsOf(edit));
  const predictions = await transformer.predict(rows, geometry);
  let next = 0;
  for (const edit of batch) {
    const positive = predictions[next++]!;
    const velocity = edit.trueCfg === undefined ? positive : guide(positive, predictions[next++]!, edit.trueCfg.scale);
    advance(edit, velocity);
  }
}

function rowsOf(edit: Denoising): TransformerRow[] {
  assert(!isDone(edit), "a step was asked of an edit that is done");
  const { latents, imageLatents, prompt, guidance, rounding, trueCfg } = edit;
  const row = { latents, imageLatents, prompt, guidance, rounding, sigma: edit.sigmas[edit.step]! };
  return trueCfg === undefined ? [row] : [row, { ...row, prompt: trueCfg.negative }];
}

/** `negative + scale * (positive - negative)` in float32. */
function guide(positive: Float32Array, negative: Float32Array, scale: number): Float32Array {
  const factor = Math.fround(scale);
  const guided = new Float32Array(positive.length);
  for (let i = 0; i < guided.length; i++) {
    const away = Math.fround(positive[i]! - negative[i]!);
    guided[i] = negative[i]! + Math.fround(factor * away);
  }
  return guided;
}

/** Euler: `latents += (next sigma - sigma) * velocity` in float32, then what is kept is put back at its noise level. */
function advance(edit: Denoising, velocity: Float32Array): void {
  const { sigmas, step, inpainting, latents: before } = edit;
  const next = sigmas[step + 1]!;
  const delta = Math.fround(next - sigmas[step]!);
  const latents = new Float32Array(before.length);
  for (let i = 0; i < latents.length; i++) latents[i] = before[i]! + Math.fround(delta * velocity[i]!);
  if (inpainting !== undefined) putBack(latents, inpainting, next);
  edit.latents = latents;
  edit.velocity = velocity;
  edit.step = step + 1;
}

/** `(1 - mask) * known + mask * latents` in float32, where `known` is what is kept at the noise level `sigma`. */
function putBack(latents: Float32Array, { mask, base, noise }: Inpainting, sigma: number): void {
  const known = mix(noise, base, sigma);
  for (let i = 0; i < latents.length; i++) {
    const repaint = mask[i]!;
    latents[i] = Math.fround((1 - repaint) * known[i]!) + Math.fround(repaint * latents[i]!);
  }
}

/** `sigma * noise + (1 - sigma) * clean` in float32. */
function mix(noise: Float32Array, clean: Float32Array, sigma: number): Float32Array {
  const rest = Math.fround(1 - sigma);
  const mixed = new Float32Array(noise.length);
  for (let i = 0; i < mixed.length; i++) mixed[i] = Math.fround(sigma * noise[i]!) + Math.fround(rest * clean[i]!);
  return mixed;
}
