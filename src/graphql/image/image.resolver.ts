import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { imageFormatOf } from "../../core/edit.ts";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import type { Variant } from "../../delivery/variant.ts";
import { findImage, type Image, listImages } from "../../store/images.ts";
import { connectionOf, connectionType, PageArguments, pageArgs } from "../connection.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
import { ImageType, VariantInput } from "./image.type.ts";

export const ImageConnection = connectionType("Image", ImageType);

/** A stored picture as GraphQL shows it. */
export function shownImage({ digest: sha256, ...image }: Image): ImageType {
  return { ...image, sha256 };
}

@Resolver(() => ImageType)
export class ImageResolver {
  @Query(() => ImageType, {
    nullable: true,
    description: "A picture of the account; null when it has none of this id.",
  })
  async image(
    @Arg("id", () => ID, { description: "Of a picture." }) id: string,
    @Ctx() context: Context,
  ): Promise<ImageType | null> {
    const { accountId } = viewerOf(context);
    const image = isId(id) ? await findImage(context.services.db, id) : null;
    return image === null || image.accountId !== accountId || image.kind === "HELD" ? null : shownImage(image);
  }

  @Query(() => ImageConnection, { description: "The account's pictures, uploaded and made." })
  async images(@Args(() => PageArguments) page: PageArguments, @Ctx() context: Context) {
    const { accountId } = viewerOf(context);
    const kinds = ["SOURCE", "OUTPUT"] as const;
    return connectionOf(await listImages(context.services.db, accountId, kinds, pageArgs(page)), shownImage);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "A signed address of the bytes, made anew at every ask; null once they are deleted or blocked.",
  })
  async url(
    @Root() image: ImageType & Partial<Image>,
    @Ctx() context: Context,
    @Arg("expiresIn", () => Int, { defaultValue: 3600, description: "Seconds until it dies, 1 to 604800." })
    expiresIn: number,
    @Arg("variant", () => VariantInput, { nullable: true, description: "The original when left out." })
    variant?: VariantInput | null,
    @Arg("download", () => String, {
      nullable: true,
      description:
        "A file name, at most 200 characters, to be saved under instead of shown; 100 of it are kept, with the format's ending.",
    })
    download?: string | null,
  ): Promise<string | null> {
    const { accountId } = viewerOf(context);
    if (image.deletedAt !== null || (image.blockedAt ?? null) !== null || image.kind === "HELD") return null;
    return context.services.links.image({
      imageId: image.id,
      accountId,
      expiresIn,
      ...(variant && { variant: variantOf(variant) }),
      ...(download && { download }),
    });
  }

  @Mutation(() => ImageType, {
    description:
      "Deletes a picture. Its bytes go once no edit under way and no open case needs them; its provenance stays. One that is blocked cannot be deleted.",
  })
  async deleteImage(
    @Arg("id", () => ID, { description: "Of a picture." }) id: string,
    @Ctx() context: Context,
  ): Promise<ImageType> {
    const { accountId, keyId } = activeViewerOf(context);
    const { db, gallery } = context.services;
    await gallery.mustOwn(accountId, id);
    await gallery.remove(id, keyId ?? accountId);
    const image = await findImage(db, id);
    if (image === null) throw new Refused("NOT_FOUND", `there is no image "${id}"`);
    return shownImage(image);
  }
}

function variantOf({ width, format, quality }: VariantInput): Variant {
  return {
    ...(width != null && { width }),
    ...(format != null && { format: imageFormatOf(format) }),
    ...(quality != null && { quality }),
  };
}
