import type { RgbImage } from "../src/core/image.ts";
import type { ImportedModel } from "../src/model/manifest.ts";
import { denoiseStep, isDone } from "../src/pipeline/denoise.ts";
import { packLatents } from "../src/pipeline/latents.ts";
import { drawNoise } from "../src/pipeline/noise.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { latentShape, startEdit } from "../src/pipeline/start-edit.ts";

/** The engine's own pipeline, asked for edits of pictures that already have a bucket's size. */
export class Editor implements AsyncDisposable {
  readonly #pipeline: Pipeline;

  private constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  static async open(model: ImportedModel): Promise<Editor> {
    return new Editor(await Pipeline.open(model, { providers: ["cpu"], deviceId: 0, threads: 0 }));
  }

  /** One edit at the picture's own size; the same seed gives the same result. */
  async edit(source: RgbImage, prompt: string, { steps, seed }: { steps: number; seed: number }): Promise<RgbImage> {
    const { vae, transformer, textEncoder, model } = this.#pipeline;
    const shape = latentShape(this.#pipeline, source);
    const edit = startEdit(this.#pipeline, {
      size: source,
      noise: packLatents(drawNoise(seed, source, shape.channels, "float32", vae.config.scaleFactor), shape),
      steps,
      prompt: await textEncoder.encode(prompt),
      guidance: model.manifest.defaults.guidance,
      rounding: "float32",
      context: { latents: await vae.encode(source), size: source },
    });
    while (!isDone(edit)) await denoiseStep(transformer, [edit]);
    return vae.decodePixels(edit.latents, source);
  }

  /** What the VAE makes of a picture: no edit can come closer to it. */
  async reconstruct(picture: RgbImage): Promise<RgbImage> {
    return this.#pipeline.vae.decodePixels(await this.#pipeline.vae.encode(picture), picture);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipeline[Symbol.asyncDispose]();
  }
}
