import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { limits } from "../../intake/decode.ts";
import { createUpload, findUpload, type Upload } from "../../store/uploads.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
import { shownImage } from "../image/image.resolver.ts";
import { ImageType } from "../image/image.type.ts";
import { CreateUploadInput, UploadTicket, UploadType } from "./upload.type.ts";

/** Seconds that an upload waits for its bytes: a phone on a bad line sends 20 MB in less. */
const uploadSeconds = 900;

const editable: readonly string[] = ["image/jpeg", "image/png", "image/webp"];
const verifiable: readonly string[] = [...editable, "image/avif"];

function shownUpload(upload: Upload): UploadType {
  const { errorCode, errorMessage } = upload;
  const error = errorCode === null ? null : { code: errorCode, message: errorMessage!, retryable: false };
  return { ...upload, error };
}

@Resolver(() => UploadType)
export class UploadResolver {
  @Mutation(() => UploadTicket, { description: "Asks for an address to PUT a picture to, within 15 minutes." })
  async createUpload(
    @Arg("input", () => CreateUploadInput, { description: "What will come." }) input: CreateUploadInput,
    @Ctx() context: Context,
  ): Promise<UploadTicket> {
    const { accountId } = activeViewerOf(context);
    const { db, clock, links } = context.services;
    checkUpload(input);
    const { sha256, ...rest } = input;
    const now = clock.date();
    const expiresAt = new Date(now.getTime() + uploadSeconds * 1000);
    const upload = await createUpload(
      db,
      { ...rest, accountId, expiresAt, ...(sha256 && { sha256: sha256.toLowerCase() }) },
      now,
    );
    return { upload: shownUpload(upload), url: links.upload(upload.id, accountId, uploadSeconds) };
  }

  @Query(() => UploadType, { nullable: true, description: "An upload of the account." })
  async upload(
    @Arg("id", () => ID, { description: "Of an upload." }) id: string,
    @Ctx() context: Context,
  ): Promise<UploadType | null> {
    const { accountId } = viewerOf(context);
    const upload = isId(id) ? await findUpload(context.services.db, id) : null;
    return upload === null || upload.accountId !== accountId ? null : shownUpload(upload);
  }

  @FieldResolver(() => ImageType, { nullable: true, description: "With READY: the picture." })
  async image(@Root() { imageId }: UploadType, @Ctx() { loaders }: Context): Promise<ImageType | null> {
    const image = imageId === null ? undefined : await loaders.images.load(imageId);
    return image === undefined ? null : shownImage(image);
  }
}

function checkUpload({ contentType, byteLength, sha256, kind }: CreateUploadInput): void {
  const contentTypes = kind === "VERIFY" ? verifiable : editable;
  if (!contentTypes.includes(contentType))
    throw new Refused(
      "IMAGE_UNSUPPORTED",
      `contentType "${contentType.slice(0, 40)}": ${contentTypes.join(", ")} are accepted`,
    );
  if (byteLength > limits.bytesMax)
    throw new Refused("IMAGE_TOO_LARGE", `byteLength ${byteLength}: at most ${limits.bytesMax} are accepted`);
  if (byteLength < 1) throw new Refused("BAD_INPUT", `byteLength ${byteLength}: 1 to ${limits.bytesMax} are accepted`);
  if (sha256 != null && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new Refused("BAD_INPUT", "sha256: 64 hexadecimal digits are expected");
}
