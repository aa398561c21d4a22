import type { RgbImage } from "../core/image.ts";

/** Decoded pictures by the digest of their file, so that an edit right after its upload decodes nothing. */
export class PixelCache {
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #images = new Map<string, Promise<RgbImage>>();
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /** @param bytesMax of pixels, 3 a pixel; what was used longest ago goes first */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The picture, decoded by `decode` when it is not here; whoever asks meanwhile waits for the same decoding. */
  get(digest: string, decode: () => Promise<RgbImage>): Promise<RgbImage> {
    const known = this.#images.get(digest);
    if (known !== undefined) {
      this.#images.delete(digest);
      this.#images.set(digest, known);
      return known;
    }
    const decoding = decode();
    this.#images.set(digest, decoding);
    decoding.then(
      (image) => this.#count(digest, decoding, image.data.length),
      () => this.#images.get(digest) === decoding && this.#images.delete(digest),
    );
    return decoding;
  }

  put(digest: string, image: RgbImage): void {
    this.delete(digest);
    const ready = Promise.resolve(image);
    this.#images.set(digest, ready);
    this.#count(digest, ready, image.data.length);
  }

  delete(digest: string): void {
    this.#images.delete(digest);
    this.#bytes -= this.#sizes.get(digest) ?? 0;
    this.#sizes.delete(digest);
  }

  #count(digest: string, image: Promise<RgbImage>, bytes: number): void {
    if (this.#images.get(digest) !== image) return;
    this.#bytes += bytes;
    this.#sizes.set(digest, bytes);
    for (const oldest of this.#images.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      if (this.#sizes.has(oldest)) this.delete(oldest);
    }
  }
}
