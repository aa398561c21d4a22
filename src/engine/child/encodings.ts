import { createHash } from "node:crypto";
import { Refused } from "../../core/errors.ts";
import type { GreyImage, RgbImage, Size } from "../../core/image.ts";
import type { CropBox } from "../../pipeline/crop-region.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import { prepareImage } from "../../pipeline/prepare-image.ts";
import type { PromptEmbeds } from "../../pipeline/prompt-embeds.ts";
import { channelsOf } from "../digest.ts";
import { ByteCache } from "./byte-cache.ts";
import type { Staging } from "./staging.ts";

/** An image by digest, the size it is stretched to, and the box of it that is enlarged, if one is. */
export interface ImageRef {
  readonly image: string;
  readonly size: Size;
  readonly box?: CropBox;
}

/** Prompt embeddings and image latents of one loaded model, each kept within half of the bytes. */
export class Encodings {
  readonly prompts: ByteCache<PromptEmbeds>;
  readonly images: ByteCache<Float32Array>;
  readonly #pipeline: Pipeline;
  readonly #staging: Staging;

  constructor(pipeline: Pipeline, staging: Staging, bytesMax: number) {
    this.#pipeline = pipeline;
    this.#staging = staging;
    this.prompts = new ByteCache(bytesMax / 2);
    this.images = new ByteCache(bytesMax / 2);
  }

  async prompt(prompt: string): Promise<{ value: PromptEmbeds; cached: boolean }> {
    const key = createHash("sha256").update(prompt).digest("hex");
    const known = this.prompts.get(key);
    if (known !== undefined) return { value: known, cached: true };
    const value = await this.#pipeline.textEncoder.encode(prompt);
    this.prompts.set(key, value, value.promptEmbeds.byteLength + value.pooledPromptEmbeds.byteLength);
    return { value, cached: false };
  }

  /** Packed latents of an image, `[tokens, inChannels]`. */
  async image(ref: ImageRef): Promise<{ value: Float32Array; cached: boolean }> {
    const key = keyOf(ref);
    const known = this.images.get(key);
    if (known !== undefined) return { value: known, cached: true };
    const value = await this.#pipeline.vae.encode(prepareImage(this.rgb(ref.image), ref.size, ref.box));
    this.images.set(key, value, value.byteLength);
    return { value, cached: false };
  }

  knows(ref: ImageRef): boolean {
    return this.images.has(keyOf(ref));
  }

  rgb(digest: string): RgbImage {
    return this.#pixels(digest, 3, "an image");
  }

  mask(digest: string): GreyImage {
    return this.#pixels(digest, 1, "a mask");
  }

  #pixels(digest: string, channels: number, what: string) {
    const pixels = this.#staging.get(digest);
    if (channelsOf(pixels) !== channels) {
      throw new Refused(
        "BAD_INPUT",
        `${what} has ${channels} bytes a pixel, what is staged under its digest ${channelsOf(pixels)}`,
      );
    }
    return pixels;
  }
}

function keyOf({ image, size, box }: ImageRef): string {
  const cut = box === undefined ? "" : `:${box.x1},${box.y1},${box.x2},${box.y2}`;
  return `${image}:${size.width}x${size.height}${cut}`;
}
