import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { parseDataUri } from "../../intake/data-uri.ts";
import { lineageOf } from "../../journey/lineage.ts";
import { formatWatermark } from "../../journey/watermark-id.ts";
import type { ImageMimeType } from "../../provenance/claim.ts";
import { findImage, findImageByDigest, type Image } from "../../store/images.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
import { shownEdit } from "../edit/edit.resolver.ts";
import { EditType } from "../edit/edit.type.ts";
import { shownImage } from "../image/image.resolver.ts";
import { ImageType } from "../image/image.type.ts";
import { CredentialsType, ProvenanceType, shownCredentials, VerificationType } from "./provenance.type.ts";

/** How a picture was made; null for one that was not made here. */
async function provenanceOf(
  image: Pick<Image, "id" | "digest" | "contentType" | "deletedAt" | "pdq" | "pdqQuality">,
  { loaders }: Context,
): Promise<ProvenanceType | null> {
  const made = await loaders.provenances.load(image.id);
  if (made === undefined) return null;
  return {
    ...made,
    watermark: made.watermarkId === null ? null : formatWatermark(made.watermarkId),
    fingerprint: image.pdq === null ? null : { pdq: image.pdq, quality: image.pdqQuality ?? 0 },
    rerun: made.recipe.rerun ?? null,
    digest: image.deletedAt === null ? image.digest : null,
    contentType: image.contentType,
  };
}

@Resolver(() => ProvenanceType)
export class ProvenanceResolver {
  @Query(() => ProvenanceType, {
    nullable: true,
    description:
      "How a result of the account was made, named by exactly one of the two; null when it made none with this id or content.",
  })
  async provenance(
    @Ctx() context: Context,
    @Arg("imageId", () => ID, { nullable: true, description: "Of a picture." }) imageId?: string | null,
    @Arg("sha256", () => String, { nullable: true, description: "Of the file as it was delivered, in hex." })
    sha256?: string | null,
  ): Promise<ProvenanceType | null> {
    const { accountId } = viewerOf(context);
    const { db } = context.services;
    if ((imageId == null) === (sha256 == null))
      throw new Refused("BAD_INPUT", "a picture is named by exactly one of imageId and sha256");
    const image =
      imageId != null
        ? isId(imageId)
          ? await findImage(db, imageId)
          : null
        : await findImageByDigest(db, accountId, sha256!.toLowerCase());
    const visible = image !== null && image.accountId === accountId && image.kind !== "HELD";
    return visible ? provenanceOf(image, context) : null;
  }

  @Query(() => [EditType], {
    description:
      "The edits that a picture of the account came from and that went on from it, oldest first, at most 200: each one's " +
      "sources are the parents of its images.",
  })
  async lineage(
    @Arg("imageId", () => ID, { description: "Of a picture." }) imageId: string,
    @Ctx() context: Context,
  ): Promise<EditType[]> {
    const { accountId } = viewerOf(context);
    const { db } = context.services;
    const image = isId(imageId) ? await findImage(db, imageId) : null;
    if (image === null || image.accountId !== accountId || image.kind === "HELD") return [];
    return (await lineageOf(db, accountId, imageId)).map(shownEdit);
  }

  @Query(() => VerificationType, {
    description:
      "Where a file of anybody comes from: by its credentials, its watermark and its looks. A data URI is not kept, an " +
      "upload until it expires. One at a time.",
  })
  async verifyImage(
    @Ctx() context: Context,
    @Arg("dataUri", () => String, {
      nullable: true,
      description: "The untouched file as a data URI, at most 4 MB: JPEG, PNG, WebP or AVIF.",
    })
    dataUri?: string | null,
    @Arg("uploadId", () => ID, { nullable: true, description: "Or of an upload of kind VERIFY, at most 20 MB." })
    uploadId?: string | null,
  ): Promise<VerificationType> {
    const viewer = activeViewerOf(context);
    const { verifier, uploads } = context.services;
    if ((dataUri == null) === (uploadId == null))
      throw new Refused("BAD_INPUT", "a file is named by exactly one of dataUri and uploadId");
    const found = await verifier.verify(viewer, async () =>
      dataUri == null ? uploads.fileOf(viewer.accountId, uploadId!) : parseDataUri(dataUri),
    );
    const { summary, credentials, watermark, fingerprint = null, nearest } = found;
    return {
      summary,
      credentials: credentials ? shownCredentials(credentials) : null,
      watermark: watermark
        ? {
            payload: formatWatermark(watermark.payload),
            confidence: watermark.confidence,
            images: watermark.images.map(shownImage),
          }
        : null,
      fingerprint,
      nearest: nearest.map(({ image, distance }) => ({ image: shownImage(image), distance })),
    };
  }

  @Mutation(() => EditType, {
    description:
      "Runs the recipe of an edit again as a new one; each result's `provenance.rerun` says how it came out.",
  })
  async rerunEdit(
    @Arg("id", () => ID, {
      description: "Of an edit that has succeeded, whose pictures are not deleted and whose very model is served.",
    })
    id: string,
    @Ctx() context: Context,
  ): Promise<EditType> {
    return shownEdit(await context.services.desk.rerun(activeViewerOf(context), id));
  }

  @FieldResolver(() => EditType, { description: "The edit that made it." })
  async edit(@Root() { editId }: ProvenanceType, @Ctx() { loaders }: Context): Promise<EditType> {
    return shownEdit((await loaders.edits.load(editId))!);
  }

  @FieldResolver(() => CredentialsType, {
    nullable: true,
    description:
      "Read from the stored file and checked now; null once it is deleted, or where the server runs without.",
  })
  async credentials(
    @Root() { digest, contentType }: ProvenanceType,
    @Ctx() context: Context,
  ): Promise<CredentialsType | null> {
    if (digest === null) return null;
    const { verifier } = context.services;
    const report = await verifier.credentialsOf(viewerOf(context), digest, contentType as ImageMimeType);
    return report === undefined ? null : shownCredentials(report);
  }
}

@Resolver(() => ImageType)
export class ImageProvenanceResolver {
  @FieldResolver(() => ProvenanceType, { nullable: true, description: "How it was made; null for an upload." })
  provenance(
    @Root() image: ImageType & Partial<Image>,
    @Ctx() context: Context,
  ): Promise<ProvenanceType | null> | null {
    const { kind, contentType, deletedAt, id, sha256: digest, pdq = null, pdqQuality = null } = image;
    if (kind !== "OUTPUT") return null;
    return provenanceOf({ id, digest, contentType, deletedAt, pdq, pdqQuality }, context);
  }
}
