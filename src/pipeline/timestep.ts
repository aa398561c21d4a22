import { toBfloat16 } from "./bfloat16.ts";

/** Width of the sinusoidal embedding of timestep and guidance. */
export const projectionDim = 256;
const half = projectionDim / 2;
const maxPeriod = 10_000;

/**
 * Whether the numbers told to the transformer are exact or rounded where a bfloat16 run of diffusers rounds them; the
 * second resembles the released pipelines most closely.
 */
export type Rounding = "float32" | "bfloat16";

/**
 * The sinusoidal embedding of a number: 128 cosines, then 128 sines, of v · 10000^(-i/128). Computed in doubles and
 * rounded once, because the angles reach 1000 rad and more.
 */
export function sinusoid(value: number): Float32Array {
  const embedding = new Float32Array(projectionDim);
  for (let i = 0; i < half; i += 1) {
    const angle = value * maxPeriod ** (-i / half);
    embedding[i] = Math.cos(angle);
    embedding[half + i] = Math.sin(angle);
  }
  return embedding;
}

/** A noise level 0…1 as the transformer takes it: the sinusoid of 1000 sigma. */
export function projectSigma(sigma: number, rounding: Rounding): Float32Array {
  if (rounding === "float32") return sinusoid(1000 * sigma);
  return sinusoid(toBfloat16(toBfloat16(toBfloat16(1000 * sigma) / 1000) * 1000));
}

/** A distilled guidance scale as the transformer takes it: the sinusoid of 1000 guidance, by diffusers rounded before and after. */
export function projectGuidance(guidance: number, rounding: Rounding): Float32Array {
  return sinusoid(rounding === "float32" ? 1000 * guidance : toBfloat16(1000 * toBfloat16(guidance)));
}
