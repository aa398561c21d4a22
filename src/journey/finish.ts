import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { seedOf } from "../core/edit.ts";
import { newId } from "../core/id.ts";
import type { RgbImage } from "../core/image.ts";
import type { Recipe } from "../core/recipe.ts";
import type { Storage } from "../delivery/storage.ts";
import { encodeImage } from "../finishing/encode.ts";
import { resizeMask, restorePixels, restoreSize } from "../finishing/restore.ts";
import type { Filter } from "../moderation/filter.ts";
import type { Policy } from "../moderation/policy.ts";
import type { NewImage } from "../store/images.ts";
import type { NewProvenance } from "../store/move-edit.ts";
import type { Gallery } from "./gallery.ts";
import { type Judgement, judgeAll } from "./moderate.ts";
import { matchInput } from "./plan.ts";
import type { JourneyEdit } from "./traveller.ts";

/** A picture that is stored, and not yet on record. */
export interface FinishedPicture {
  readonly image: NewImage & { readonly id: string };
  readonly provenance: NewProvenance;
}

export interface FinisherOptions {
  readonly gallery: Gallery;
  readonly storage: Storage;
  readonly filters: readonly Filter[];
  readonly clock: Clock;
  /** What ran, for recipes. */
  readonly runtime: Pick<Recipe, "provider" | "precision" | "versions" | "noise" | "sigmas">;
}

/** From decoded pixels to a stored file: the order of these steps is the order in which each needs the one before. */
export class Finisher {
  readonly #options: FinisherOptions;

  constructor(options: FinisherOptions) {
    this.#options = options;
  }

  /** Shows the pictures to the output filters, as the model made them. */
  judge(edit: JourneyEdit, pictures: readonly RgbImage[], policy: Policy, signal: AbortSignal): Promise<Judgement> {
    const { filters, clock } = this.#options;
    const hasSource = edit.request.imageIds.length > 0;
    const contents = pictures.map((image, index) => ({ stage: "OUTPUT" as const, image, index, hasSource }));
    return judgeAll(filters, policy, contents, edit.request.safetyTolerance, clock, signal);
  }

  /** Size, kept pixels, encoding, storage. Nothing of it can be reached before the edit's last move names it. */
  async finish(edit: JourneyEdit, pictures: readonly RgbImage[], signal: AbortSignal): Promise<FinishedPicture[]> {
    const results: FinishedPicture[] = [];
    for (const [index, picture] of pictures.entries()) {
      signal.throwIfAborted();
      results.push(await this.#finishOne(edit, picture, index));
    }
    return results;
  }

  async #finishOne(edit: JourneyEdit, picture: RgbImage, index: number): Promise<FinishedPicture> {
    const { storage, clock } = this.#options;
    const { output } = edit.request;
    const restored = await this.#restore(edit, picture);
    const bytes = await encodeImage(restored, formatNames[output.format], output.quality);
    const digest = await storage.put(bytes);
    const id = newId(clock.date());
    const image = {
      id,
      accountId: edit.accountId,
      kind: "OUTPUT",
      digest,
      contentType: `image/${formatNames[output.format]}`,
      byteLength: bytes.length,
      width: restored.width,
      height: restored.height,
      editId: edit.id,
      index,
    } as const;
    return { image, provenance: await this.#provenance(edit, picture, index, id) };
  }

  /** The source's own size and, under a mask's black, its own pixels. */
  async #restore({ request }: JourneyEdit, picture: RgbImage): Promise<RgbImage> {
    const { gallery } = this.#options;
    const { imageIds, maskId, output, aspectRatio } = request;
    const source = imageIds.length === 1 ? await gallery.pixels(imageIds[0]!) : undefined;
    if (source === undefined || (aspectRatio !== matchInput && maskId === undefined)) return picture;
    if (maskId === undefined) return output.size === "MODEL" ? picture : restoreSize(picture, source);
    const mask = await resizeMask(await gallery.mask(maskId), source);
    const restored = restorePixels(await restoreSize(picture, source), source, mask);
    return output.size === "MODEL" ? restoreSize(restored, picture) : restored;
  }

  async #provenance(edit: JourneyEdit, picture: RgbImage, index: number, imageId: string): Promise<NewProvenance> {
    const { gallery, runtime } = this.#options;
    const { request } = edit;
    const recipe: Recipe = {
      format: 1,
      request,
      seed: seedOf(request, index),
      sourceDigests: await gallery.digests(request.imageIds),
      ...(request.maskId !== undefined && { maskDigest: (await gallery.digests([request.maskId]))[0]! }),
      ...runtime,
    };
    const pixelsDigest = createHash("sha256").update(picture.data).digest("hex");
    return { index, imageId, recipe, pixelsDigest };
  }
}

const formatNames = { PNG: "png", JPEG: "jpeg", WEBP: "webp", AVIF: "avif" } as const;
