import { packLatents } from "../../pipeline/latents.ts";
import { drawNoise } from "../../pipeline/noise.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import { latentShape } from "../../pipeline/start-edit.ts";
import type { NoiseSpec } from "../engine.ts";

/** Where slots get the noise that they start from; one may be drawn before its slot is opened. */
export class ForeseenNoise {
  readonly #pipeline: Pipeline;
  #drawn: { readonly key: string; readonly noise: Float32Array } | undefined;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** In place of one that nobody took. Throws as `latentShape`. */
  draw(spec: NoiseSpec): void {
    this.#drawn = { key: keyOf(spec), noise: this.#noise(spec) };
  }

  /** Packed noise `[tokens, inChannels]`, the caller's own. Throws as `latentShape`. */
  take(spec: NoiseSpec): Float32Array {
    const drawn = this.#drawn;
    if (drawn?.key !== keyOf(spec)) return this.#noise(spec);
    this.#drawn = undefined;
    return drawn.noise;
  }

  #noise({ seed, size, rounding }: NoiseSpec): Float32Array {
    const shape = latentShape(this.#pipeline, size);
    return packLatents(drawNoise(seed, size, shape.channels, rounding, this.#pipeline.vae.config.scaleFactor), shape);
  }
}

function keyOf({ seed, size: { width, height }, rounding }: NoiseSpec): string {
  return `${seed}:${width}x${height}:${rounding}`;
}
