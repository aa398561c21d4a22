import type { GreyImage, RgbImage, Size } from "../core/image.ts";
import { readMask, readPixels } from "../intake/normalise.ts";
import type { PixelCache } from "../intake/pixel-cache.ts";
import { placeSideBySide, sizeSideBySide } from "../intake/side-by-side.ts";
import type { ImageContent } from "../moderation/filter.ts";
import type { ClaimSource } from "../provenance/claim.ts";
import type { Image } from "../store/images.ts";
import { claimSources } from "./claim.ts";

/** The pictures that an edit works on, and its mask: looked up once for the whole of its way. */
export class Sources {
  readonly #images: readonly Image[];
  readonly #mask: Image | undefined;
  readonly #read: (digest: string) => Promise<Uint8Array>;
  readonly #cache: PixelCache;

  /** @param read gives the stored bytes of a digest */
  constructor(
    images: readonly Image[],
    mask: Image | undefined,
    read: (digest: string) => Promise<Uint8Array>,
    cache: PixelCache,
  ) {
    this.#images = images;
    this.#mask = mask;
    this.#read = read;
    this.#cache = cache;
  }

  /** Of the picture, or of several side by side; undefined for none. */
  get size(): Size | undefined {
    return this.#images.length > 1 ? sizeSideBySide(this.#images) : this.#images[0];
  }

  /** How many there are to decode, of the mask too. */
  get pixels(): number {
    return this.#shown.reduce((sum, { width, height }) => sum + width * height, 0);
  }

  /** SHA-256 of the stored bytes, in their order, in hex. */
  get digests(): string[] {
    return this.#images.map(({ digest }) => digest);
  }

  get maskDigest(): string | undefined {
    return this.#mask?.digest;
  }

  /** Each picture, in its own size. */
  pictures(): Promise<RgbImage[]> {
    return Promise.all(this.#images.map((image) => pixelsOf(image, this.#read, this.#cache)));
  }

  /** What the edit works on: the picture, or several side by side; undefined for none. */
  async image(): Promise<RgbImage | undefined> {
    const pictures = await this.pictures();
    return pictures.length > 1 ? placeSideBySide(pictures) : pictures[0];
  }

  async mask(): Promise<GreyImage | undefined> {
    return this.#mask && readMask(await this.#read(this.#mask.digest));
  }

  /** As the source filters are shown them: each picture, then the mask, whose greys may be a picture as well. */
  async contents(): Promise<ImageContent[]> {
    return Promise.all(
      this.#shown.map(async (row, index) => {
        const { sourceDigest: sha256, sourceMd5: md5 } = row;
        const image = await pixelsOf(row, this.#read, this.#cache);
        return { stage: "SOURCE", image, index, ...(md5 !== null && { file: { sha256, md5 } }) } as const;
      }),
    );
  }

  get #shown(): readonly Image[] {
    return [...this.#images, ...(this.#mask === undefined ? [] : [this.#mask])];
  }

  /** As the credentials of what is made of them name them, with the history of each. */
  claims(): Promise<ClaimSource[]> {
    return claimSources(this.#images, this.#read);
  }
}

/** The pixels of a stored picture, once for all who want them at about the same time. */
export function pixelsOf(
  { digest }: Pick<Image, "digest">,
  read: (digest: string) => Promise<Uint8Array>,
  cache: PixelCache,
): Promise<RgbImage> {
  return cache.get(digest, async () => readPixels(await read(digest)));
}
