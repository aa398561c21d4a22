import { Refused } from "../../core/errors.ts";
import { digestOf, type Pixels } from "../digest.ts";
import type { CacheCounters } from "../engine.ts";
import type { Body } from "../protocol.ts";
import { NotStaged } from "../wire-error.ts";
import { ByteCache } from "./byte-cache.ts";

/** Assembles images from parts and keeps them by digest. */
export class Staging {
  readonly #whole: ByteCache<Pixels>;
  readonly #bytesMax: number;
  /** At most one image arrives at a time: a part of another one drops what was begun. */
  #arriving: { digest: string; pixels: Pixels; filled: number } | undefined;

  constructor(bytesMax: number) {
    this.#whole = new ByteCache(bytesMax);
    this.#bytesMax = bytesMax;
  }

  /** Takes a part; parts of an image come in order from offset 0. Says whether the image is whole now. */
  async take({ digest, width, height, channels, offset, part }: Body<"stage">): Promise<boolean> {
    if (this.#whole.has(digest)) return true;
    const length = width * height * channels;
    if (length > this.#bytesMax) {
      throw new Refused(
        "IMAGE_TOO_LARGE",
        `an image of ${length} bytes does not fit into the ${this.#bytesMax} bytes for staged pixels`,
      );
    }
    if (offset === 0) this.#arriving = { digest, pixels: { width, height, data: new Uint8Array(length) }, filled: 0 };
    const arriving = this.#arriving;
    if (
      arriving?.digest !== digest ||
      arriving.filled !== offset ||
      offset + part.length > arriving.pixels.data.length
    ) {
      this.#arriving = undefined;
      throw new Refused("BAD_INPUT", `stage: a part at byte ${offset} does not continue the image that is arriving`);
    }
    arriving.pixels.data.set(part, offset);
    arriving.filled += part.length;
    if (arriving.filled < length) return false;
    this.#arriving = undefined;
    if ((await digestOf(arriving.pixels)) !== digest)
      throw new Refused("BAD_INPUT", "stage: the pixels do not have the digest they came under");
    this.#whole.set(digest, arriving.pixels, length);
    return true;
  }

  /** Throws `NotStaged` naming all of `digests` that are not here. */
  require(digests: readonly string[]): void {
    const missing = digests.filter((digest) => !this.#whole.has(digest));
    if (missing.length > 0) throw new NotStaged([...new Set(missing)]);
  }

  get(digest: string): Pixels {
    const pixels = this.#whole.get(digest);
    if (pixels === undefined) throw new NotStaged([digest]);
    return pixels;
  }

  get counters(): CacheCounters {
    return this.#whole.counters;
  }
}
