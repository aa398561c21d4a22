import { Refused } from "../core/errors.ts";
import type { ImageFormat } from "../core/image.ts";
import { Shares } from "../core/shares.ts";
import { SingleFlight } from "./single-flight.ts";
import { derivedKey, readWhole, type Storage } from "./storage.ts";

/** Another form of a stored picture. What is left out stays as it is in the original. */
export interface Variant {
  /** 16…2048 pixels; a picture is never enlarged. */
  readonly width?: number;
  readonly format?: ImageFormat;
  /** 1…100, rounded up to a multiple of 10; not for PNG, which is lossless. */
  readonly quality?: number;
  /** So that a moderator sees what it is about before seeing it. */
  readonly blur?: boolean;
}

export const variantWidth = { min: 16, max: 2048 } as const;

/** Widths are rounded up to these steps, so that one picture has few thumbnails in storage and not two thousand. */
const widthSteps = [16, 32, 64, 96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048] as const;

/** Qualities are rounded up to multiples of this for the same reason. */
const qualityStep = 10;

/** A variant as parameters of a signed URL. Throws `Refused` BAD_INPUT, which lists every fault. */
export function variantParameters({ width, format, quality, blur }: Variant): Record<string, string> {
  const faults: string[] = [];
  const { min, max } = variantWidth;
  if (width !== undefined && !(Number.isInteger(width) && width >= min && width <= max)) {
    faults.push(`width is ${width}; it is a whole number, ${min} to ${max}`);
  }
  if (quality !== undefined && !(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    faults.push(`quality is ${quality}; it is a whole number, 1 to 100`);
  }
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("\n"), faults);
  return {
    ...(width === undefined ? {} : { width: `${widthSteps.find((step) => step >= width)}` }),
    ...(format === undefined ? {} : { format }),
    ...(quality === undefined ? {} : { quality: `${Math.ceil(quality / qualityStep) * qualityStep}` }),
    ...(blur ? { blur: "1" } : {}),
  };
}

/** The variant that a verified URL asks for; undefined for the original. Only what we signed comes here. */
export function variantOf(parameters: URLSearchParams): Variant | undefined {
  const [width, format, quality] = ["width", "format", "quality"].map((name) => parameters.get(name));
  const blur = parameters.get("blur") === "1";
  if (!width && !format && !quality && !blur) return undefined;
  return {
    ...(width ? { width: Number(width) } : {}),
    ...(format ? { format: format as ImageFormat } : {}),
    ...(quality ? { quality: Number(quality) } : {}),
    ...(blur ? { blur } : {}),
  };
}

/** The stored picture that a variant is made from. */
export interface Original {
  readonly digest: string;
  readonly format: ImageFormat;
}

/** A variant with every choice made. */
export interface Rendition {
  readonly width?: number;
  readonly format: ImageFormat;
  readonly quality: number;
  readonly blur?: boolean;
}

/** Makes the bytes of a variant out of those of the original. */
export type RenderVariant = (original: Uint8Array, rendition: Rendition) => Promise<Uint8Array>;

/** What a viewer sees as the original at a fraction of its bytes. */
const qualityDefault = 85;

/**
 * Renditions in the making: each holds an original in memory, and an AVIF takes seconds. They run on the four threads on
 * which files are read too, of which one is left free.
 */
const atOnce = { max: 3, accountMax: 2 } as const;

/** Renditions of one account that may wait for these: a page of thumbnails asks for all at the same moment. */
const waitingMax = 32;

/**
 * What the variants of one picture may take, beside its own bytes; then the oldest go, and are made again when somebody
 * asks. Some 1,300 could be asked for, of up to 2,048 pixels a side.
 */
const kept = { bytesMin: 4 * 2 ** 20, timesOriginal: 4, newest: 8 } as const;

/** Variants in storage: made when first asked for, once, however many ask at the same time. */
export class Variants {
  readonly #storage: Storage;
  readonly #render: RenderVariant;
  readonly #flights = new SingleFlight<string | undefined>();
  readonly #shares = new Shares(atOnce);

  constructor(storage: Storage, render: RenderVariant) {
    this.#storage = storage;
    this.#render = render;
  }

  /**
   * The storage key of a variant; undefined when its original is gone. What has to be made counts among what `accountId`
   * has made at once. Throws `Refused` RATE_LIMITED while too many of the account wait.
   */
  async keyOf({ digest, format }: Original, variant: Variant, accountId: string): Promise<string | undefined> {
    const rendition = { format, quality: qualityDefault, ...variant };
    const quality = rendition.format === "png" ? "lossless" : rendition.quality;
    const key = derivedKey(
      digest,
      `${rendition.width ?? "full"}-${rendition.format}-${quality}${rendition.blur ? "-blur" : ""}`,
    );
    if ((await this.#storage.stat(key)) !== undefined) return key;
    if (this.#shares.waiting(accountId) >= waitingMax && !this.#flights.has(key)) {
      throw new Refused("RATE_LIMITED", "too many variants are being made; ask again in a second", [], 1000);
    }
    return this.#flights.run(key, () => this.#shares.run(accountId, () => this.#make(key, digest, rendition)));
  }

  async #make(key: string, digest: string, rendition: Rendition): Promise<string | undefined> {
    const original = await readWhole(this.#storage, digest);
    if (original === undefined) return undefined;
    const rendered = await this.#render(original, rendition);
    // Rendering takes seconds: of one that was deleted meanwhile nothing is stored that a kill could leave.
    if (!(await this.#isThere(digest))) return undefined;
    await this.#storage.putDerived(key, rendered);
    const bytesMax = Math.max(kept.bytesMin, kept.timesOriginal * original.length);
    await this.#storage.trimDerived(digest, bytesMax, kept.newest);
    // Deleted while it was being stored: what was made of it must go too, and no more, for it may come again meanwhile.
    if (await this.#isThere(digest)) return key;
    await this.#storage.delete(key);
    return undefined;
  }

  async #isThere(digest: string): Promise<boolean> {
    return (await this.#storage.stat(digest)) !== undefined;
  }
}
