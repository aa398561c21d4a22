import { assert, Refused } from "../core/errors.ts";
import type { RgbImage, Size } from "../core/image.ts";
import type { Manifest } from "../model/manifest.ts";
import { latentSize, packLatents, scaleLatents, unpackLatents, unscaleLatents } from "./latents.ts";
import { toTensor } from "./pixels.ts";
import type { Session } from "./session.ts";

/** Between pixels and the packed latents that the transformer works on. */
export class Vae {
  readonly config: Manifest["vae"];
  readonly #encoder: Session;
  readonly #decoder: Session;

  constructor(config: Manifest["vae"], encoder: Session, decoder: Session) {
    this.config = config;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Sides must be multiples of two latent cells. Gives `[tokens, 4 * latentChannels]`: the mean, scaled and packed. */
  async encode(image: RgbImage): Promise<Float32Array> {
    const shape = this.#latentShape(image);
    const dims = [1, 3, image.height, image.width];
    const { moments } = await this.#encoder.run({ sample: { data: toTensor(image), dims } });
    const mean = moments!.subarray(0, shape.channels * shape.height * shape.width);
    return packLatents(scaleLatents(mean, this.config), shape);
  }

  /** Packed latents `[tokens, 4 * latentChannels]` of an image of `size` to the decoder's raw output, `[3, h, w]`. */
  async decode(latents: Float32Array, size: Size): Promise<Float32Array> {
    const { sample } = await this.#decoder.run(this.#latentSample(latents, size), ["sample"]);
    return sample!;
  }

  /**
   * The same, clamped and rounded to bytes.
   *
   * @throws Refused ENGINE_FAILED when the latents are no numbers, of which a black picture would come: the same edit comes
   *   to the same latents again
   */
  async decodePixels(latents: Float32Array, size: Size): Promise<RgbImage> {
    if (!latents.every(Number.isFinite)) {
      const hint = "its precision is too small for it; another provider may do (PENTIMENTO_PROVIDERS)";
      throw new Refused("ENGINE_FAILED", `the model's numbers overflowed: ${hint}`);
    }
    const { pixels } = await this.#decoder.run<Uint8Array>(this.#latentSample(latents, size), ["pixels"]);
    return { width: size.width, height: size.height, data: pixels! };
  }

  #latentSample(latents: Float32Array, size: Size) {
    const shape = this.#latentShape(size);
    const data = unscaleLatents(unpackLatents(latents, shape), this.config);
    return { latent_sample: { data, dims: [1, shape.channels, shape.height, shape.width] } };
  }

  #latentShape(size: Size) {
    const token = 2 * this.config.scaleFactor;
    assert(size.width % token === 0 && size.height % token === 0, `sides must be multiples of ${token} pixels`);
    return { ...latentSize(size, this.config.scaleFactor), channels: this.config.latentChannels };
  }
}
