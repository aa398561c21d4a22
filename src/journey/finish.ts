import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { imageFormatOf, seedOf } from "../core/edit.ts";
import { newId } from "../core/id.ts";
import type { GreyImage, RgbImage } from "../core/image.ts";
import type { Recipe, Rerun } from "../core/recipe.ts";
import type { Put } from "../delivery/originals.ts";
import { differenceOf } from "../finishing/difference.ts";
import { encodeImage } from "../finishing/encode.ts";
import { resizeMask, restorePixels, restoreSize } from "../finishing/restore.ts";
import { makeThumbnail } from "../finishing/thumbnail.ts";
import { markedQualityMin, markedSideMin } from "../finishing/watermark/embed.ts";
import { readPixels } from "../intake/normalise.ts";
import type { Filter } from "../moderation/filter.ts";
import type { Policy } from "../moderation/policy.ts";
import type { Credentials } from "../provenance/credentials.ts";
import type { NewImage } from "../store/images.ts";
import type { NewProvenance } from "../store/move-edit.ts";
import { claimOf } from "./claim.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { Gallery } from "./gallery.ts";
import { type Judgement, judgeAll } from "./moderate.ts";
import type { PixelThreads } from "./pixel-threads.ts";
import { matchInput } from "./plan.ts";
import type { Sources } from "./sources.ts";
import type { JourneyEdit, Traveller } from "./traveller.ts";
import { formatWatermark, watermarkAlgorithm, watermarkIdOf } from "./watermark-id.ts";

/** A picture that is stored, and not yet on record. */
export interface FinishedPicture {
  readonly image: NewImage & { readonly id: string };
  readonly provenance: NewProvenance;
}

/** One picture of an edit that is to be finished. */
interface Work {
  readonly edit: JourneyEdit;
  readonly sources: Sources;
  readonly index: number;
  readonly tellPrompt: boolean;
  readonly put: Put;
}

/** A result at its final size, and what of the source is to be put back over it. */
interface Restored {
  readonly image: RgbImage;
  readonly kept?: { readonly source: RgbImage; readonly mask: GreyImage };
}

/** A result as a file without credentials, and a thumbnail for these. */
interface Encoded {
  readonly bytes: Uint8Array;
  readonly thumbnail: Uint8Array | undefined;
}

export interface FinisherOptions {
  readonly gallery: Gallery;
  readonly filters: readonly Filter[];
  readonly threads: PixelThreads;
  readonly fingerprints: Fingerprints;
  /** Looks up the digest of what the model made of a picture. */
  readonly pixelsDigest: (imageId: string) => Promise<string | undefined>;
  /** Signs results; absent where they go without. */
  readonly credentials?: Credentials | undefined;
  readonly clock: Clock;
  /** What runs, for recipes. */
  readonly runtime: Pick<Recipe, "precision" | "versions" | "noise" | "sigmas">;
  /** On what it runs now. */
  readonly provider: () => string;
}

/** From decoded pixels to a stored file: the order of these steps is the order in which each needs the one before. */
export class Finisher {
  readonly #options: FinisherOptions;

  constructor(options: FinisherOptions) {
    this.#options = options;
  }

  /**
   * What the output filters are shown: the pictures as the model made them and, under a mask, also as they are delivered, for
   * what it keeps of the source is a part of these.
   */
  async shown(edit: JourneyEdit, sources: Sources, pictures: readonly RgbImage[]): Promise<readonly RgbImage[]> {
    if (edit.request.maskId === undefined) return pictures;
    const restored: RgbImage[] = [];
    for (const picture of pictures) {
      const { image, kept } = await this.#restore({ edit, sources }, picture);
      restored.push(await keep(image, kept));
    }
    return [...pictures, ...restored];
  }

  /** Shows pictures to the output filters. */
  judge(traveller: Traveller, shown: readonly RgbImage[], policy: Policy): Promise<Judgement> {
    const { filters, clock } = this.#options;
    const { edit } = traveller;
    const hasSource = edit.request.imageIds.length > 0;
    const contents = shown.map((image, index) => ({ stage: "OUTPUT" as const, image, index, hasSource }));
    return judgeAll(filters, policy, contents, edit.request.safetyTolerance, clock, traveller);
  }

  /** Does what can be done before the pictures are there, so that nobody waits for it after. */
  prepare(edit: JourneyEdit, sources: Sources): void {
    for (let index = 0; index < edit.request.count; index += 1) {
      const mark = watermarkIdOf(edit, this.#recipe({ edit, sources, index }));
      // One that fails is told of by `finish`, which does it then.
      this.#options.threads.prepareMark(mark).catch(() => {});
    }
  }

  /**
   * Size, kept pixels, mark, encoding, signature, storage. Nothing of it can be reached before the edit's last move names
   * it.
   *
   * @param sources what the edit works on
   * @param tellPrompt whether the prompt may stand in the credentials
   * @param put keeps the files until that move
   */
  async finish(
    { edit, sources, tellPrompt, put }: Omit<Work, "index">,
    pictures: readonly RgbImage[],
    signal: AbortSignal,
  ): Promise<FinishedPicture[]> {
    const results: FinishedPicture[] = [];
    for (const [index, picture] of pictures.entries()) {
      signal.throwIfAborted();
      results.push(await this.#finishOne({ edit, sources, index, tellPrompt, put }, picture));
    }
    return results;
  }

  async #finishOne(work: Work, picture: RgbImage): Promise<FinishedPicture> {
    const { edit, index } = work;
    const { clock, threads, fingerprints, credentials } = this.#options;
    const recipe = this.#recipe(work);
    const restored = await this.#restore(work, picture);
    const { width, height } = restored.image;
    const mark = Math.min(width, height) < markedSideMin ? undefined : watermarkIdOf(edit, recipe);
    // The thumbnail and the digest are made beside the mark, which a picture so small would not carry.
    const marking = Promise.all([
      mark === undefined ? restored.image : threads.mark(restored.image, mark),
      credentials && keep(restored.image, restored.kept).then(makeThumbnail),
    ]);
    const pixelsDigest = createHash("sha256").update(picture.data).digest("hex");
    const [marked, thumbnail] = await marking;
    // What a mask keeps is put back over the mark: those pixels stay the source's own.
    const shown = await keep(marked, restored.kept);
    const id = newId(clock.date());
    const { format, quality } = edit.request.output;
    const mayFade = restored.kept !== undefined || (format !== "PNG" && quality < markedQualityMin);
    const storing = encodeImage(shown, imageFormatOf(format), quality).then(async (bytes) => {
      const watermarkId = mayFade ? await this.#markLeft(bytes, mark) : mark;
      return { watermarkId, ...(await this.#store(work, id, { bytes, thumbnail }, watermarkId)) };
    });
    const [{ watermarkId, ...stored }, { pdq, quality: pdqQuality }] = await Promise.all([
      storing,
      threads.fingerprint(shown),
    ]);
    const image = {
      id,
      accountId: edit.accountId,
      kind: "OUTPUT",
      digest: stored.digest,
      contentType: contentTypeOf(edit),
      byteLength: stored.bytes.length,
      width,
      height,
      editId: edit.id,
      index,
      pdq,
      pdqQuality,
    } as const;
    const rerun = await this.#compare(edit, index, stored.bytes, pixelsDigest);
    fingerprints.add(image, { pdq, quality: pdqQuality });
    return {
      image,
      provenance: {
        index,
        imageId: id,
        recipe: { ...recipe, ...(rerun && { rerun }) },
        pixelsDigest,
        ...(watermarkId !== undefined && { watermarkId }),
      },
    };
  }

  /**
   * A mark, where it can still be found in the file beside what a mask has put back over it and what the encoding has left
   * out: else nothing may claim that it is there.
   */
  async #markLeft(bytes: Uint8Array, mark: number | undefined): Promise<number | undefined> {
    if (mark === undefined) return undefined;
    return (await this.#options.threads.detect(await readPixels(bytes)))?.payload === mark ? mark : undefined;
  }

  /** A rerun beside the picture that it makes again, both as delivered. */
  async #compare(
    { request: { rerunOf } }: JourneyEdit,
    index: number,
    bytes: Uint8Array,
    pixelsDigest: string,
  ): Promise<Rerun | undefined> {
    const { gallery } = this.#options;
    const earlier = rerunOf === undefined ? undefined : await gallery.result(rerunOf, index);
    if (earlier === undefined) return undefined;
    const { image, pixels } = earlier;
    if (pixels === undefined) {
      const identical = (await this.#options.pixelsDigest(image.id)) === pixelsDigest;
      return { imageId: image.id, identical, difference: null };
    }
    const difference = await differenceOf(pixels, await readPixels(bytes));
    return { imageId: image.id, identical: difference.max === 0, difference };
  }

  /** Signs and stores a file. The signature comes last, and is found to hold. */
  async #store(
    { edit, sources, tellPrompt, put }: Work,
    id: string,
    { bytes, thumbnail }: Encoded,
    watermarkId: number | undefined,
  ): Promise<{ readonly bytes: Uint8Array; readonly digest: string }> {
    const { credentials, clock } = this.#options;
    if (credentials === undefined || thumbnail === undefined) return { bytes, digest: await put(bytes) };
    const watermark = watermarkId === undefined ? undefined : formatWatermark(watermarkId);
    const picture = {
      id,
      mimeType: contentTypeOf(edit),
      at: clock.date(),
      thumbnail,
      ...(watermark !== undefined && { watermark: { algorithm: watermarkAlgorithm, value: watermark } }),
    };
    const claim = claimOf(edit, picture, await sources.claims(), tellPrompt);
    const signed = await credentials.sign(bytes, claim);
    const [digest] = await Promise.all([put(signed), credentials.check(signed, claim)]);
    return { bytes: signed, digest };
  }

  /** The source's own size and, under a mask's black, its own pixels. */
  async #restore({ edit: { request }, sources }: Pick<Work, "edit" | "sources">, picture: RgbImage): Promise<Restored> {
    const { imageIds, output, aspectRatio } = request;
    const [source, mask] = imageIds.length === 1 ? await Promise.all([sources.image(), sources.mask()]) : [];
    if (source === undefined || (aspectRatio !== matchInput && mask === undefined)) return { image: picture };
    if (mask === undefined) return { image: output.size === "MODEL" ? picture : await restoreSize(picture, source) };
    const kept = { source, mask: await resizeMask(mask, source) };
    const image = await restoreSize(picture, source);
    return output.size === "MODEL" ? { image: await restoreSize(await keep(image, kept), picture) } : { image, kept };
  }

  #recipe({ edit: { request }, sources, index }: Pick<Work, "edit" | "sources" | "index">): Recipe {
    const { digests, maskDigest } = sources;
    return {
      format: 1,
      request,
      seed: seedOf(request, index),
      sourceDigests: digests,
      ...(maskDigest !== undefined && { maskDigest }),
      provider: this.#options.provider(),
      ...this.#options.runtime,
    };
  }
}

async function keep(image: RgbImage, kept: Restored["kept"]): Promise<RgbImage> {
  return kept === undefined ? image : restorePixels(image, kept.source, kept.mask);
}

function contentTypeOf({ request }: JourneyEdit) {
  return `image/${imageFormatOf(request.output.format)}` as const;
}
