import { createHash } from "node:crypto";
import { GraphQLDateTimeISO } from "graphql-scalars";
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Viewer } from "../../core/account.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { EditStatus as Status } from "../../core/edit.ts";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { present } from "../../core/present.ts";
import { checkSearchText } from "../../core/prompt.ts";
import { parseDataUri } from "../../intake/data-uri.ts";
import { type EditWish, limits } from "../../journey/plan.ts";
import { type Idempotency, refusal } from "../../journey/planner.ts";
import { isUndecided } from "../../store/cases.ts";
import { type Edit, type EditFilter, editOfKey, findEdit, listEdits } from "../../store/edits.ts";
import { connectionOf, connectionType, PageArguments, pageArgs } from "../connection.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
import { AppealStatus, EditStatus } from "../enums.ts";
import { shownImage } from "../image/image.resolver.ts";
import { ImageType } from "../image/image.type.ts";
import { EstimateType } from "../scheduler/scheduler.type.ts";
import { EditInput, type ImageInput } from "./edit.input.ts";
import { EditType, StageVerdictType } from "./edit.type.ts";

const EditConnection = connectionType("Edit", EditType);

const keyCharactersMax = 128;

/** A stored edit as GraphQL shows it. */
export function shownEdit(edit: Edit): EditType {
  const { request, errorCode, errorMessage, errorRetryable, verdict } = edit;
  return {
    ...edit,
    ...request,
    negativePrompt: request.negativePrompt ?? null,
    trueCfg: request.trueCfg ?? null,
    deadline: request.deadlineAt === undefined ? null : new Date(request.deadlineAt),
    error: errorCode === null ? null : { code: errorCode, message: errorMessage!, retryable: errorRetryable! },
    storedVerdict: verdict,
  };
}

@Resolver(() => EditType)
export class EditResolver {
  @Mutation(() => EditType, {
    description: "Hands an edit in. Answers once it is stored; `progress` tells how it goes on.",
  })
  async edit(
    @Arg("input", () => EditInput, { description: "What to do." }) input: EditInput,
    @Ctx() context: Context,
  ): Promise<EditType> {
    const viewer = activeViewerOf(context);
    const { services } = context;
    const idempotency = idempotencyOf(input);
    // Before anything is stored: the pictures of an edit that is sent again are there already.
    const known = idempotency && (await editOfKey(services.db, viewer.accountId, idempotency));
    if (known !== undefined) return shownEdit(known);
    if (bringsPictures(input)) await mustFindRoom(input, viewer, context);
    const added: string[] = [];
    let edit: Edit | undefined;
    try {
      edit = await services.desk.submit(viewer, await wishOf(input, viewer.accountId, context, added), idempotency);
      return shownEdit(edit);
    } finally {
      const { imageIds = [], maskId } = edit?.request ?? {};
      const unused = added.filter((id) => !imageIds.includes(id) && id !== maskId);
      // What an edit was refused for is the error to tell.
      await Promise.allSettled(unused.map((id) => services.gallery.remove(id, viewer.keyId ?? viewer.accountId)));
    }
  }

  @Mutation(() => EditType, {
    description:
      "Calls an edit off, wherever it stands; one that has ended is left as it is. What the filters are looking at is " +
      "judged to its end first, and stays on record where it is refused.",
  })
  async cancelEdit(
    @Arg("id", () => ID, { description: "Of an edit." }) id: string,
    @Ctx() context: Context,
  ): Promise<EditType> {
    return shownEdit(await context.services.desk.cancel(viewerOf(context), id));
  }

  @Query(() => EditType, {
    nullable: true,
    name: "edit",
    description: "An edit of the account; null when it has none of this id.",
  })
  async oneEdit(
    @Arg("id", () => ID, { description: "Of an edit." }) id: string,
    @Ctx() context: Context,
  ): Promise<EditType | null> {
    const { accountId } = viewerOf(context);
    const edit = isId(id) ? await findEdit(context.services.db, id) : undefined;
    return edit === undefined || edit.accountId !== accountId ? null : shownEdit(edit);
  }

  @Query(() => EditConnection, { description: "The account's edits." })
  async edits(
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: Context,
    @Arg("status", () => [EditStatus], { nullable: true, description: "Only these." }) status?: Status[] | null,
    @Arg("createdFrom", () => GraphQLDateTimeISO, { nullable: true, description: "Not before." }) from?: Date | null,
    @Arg("createdBefore", () => GraphQLDateTimeISO, { nullable: true, description: "Before." }) before?: Date | null,
    @Arg("text", () => String, { nullable: true, description: "Stands in the prompt; at most 200 characters." })
    text?: string | null,
  ) {
    if (text != null) checkSearchText(text);
    const filter: EditFilter = {
      accountId: viewerOf(context).accountId,
      ...(status && { statuses: status }),
      ...(from && { createdFrom: from }),
      ...(before && { createdBefore: before }),
      ...(text && { text }),
    };
    return connectionOf(await listEdits(context.services.db, filter, pageArgs(page)), shownEdit);
  }

  @Query(() => EstimateType, {
    description:
      "When the result of an edit would be there, were it sent now. Stores nothing, and so takes no `dataUri`.",
  })
  async estimate(
    @Arg("input", () => EditInput, { description: "What to do." }) input: EditInput,
    @Ctx() context: Context,
  ): Promise<EstimateType> {
    const viewer = activeViewerOf(context);
    if (bringsPictures(input))
      throw new Refused(
        "BAD_INPUT",
        "an estimate stores nothing: name the picture by imageId or uploadId, or leave it out",
      );
    const wish = await wishOf(input, viewer.accountId, context, []);
    const { request, estimate } = await context.services.desk.planner.preview(viewer, wish);
    const { bucket, count } = request;
    return {
      position: estimate.position,
      seconds: estimate.end.likely / 1000,
      secondsMin: estimate.end.low / 1000,
      secondsMax: estimate.end.high / 1000,
      megapixels: (bucket.width * bucket.height * count) / 1e6,
      bucket,
      refusal: estimate.admitted.admitted ? null : estimate.admitted.code,
    };
  }

  @FieldResolver(() => StageVerdictType, { nullable: true, description: "With REFUSED and IN_REVIEW." })
  async verdict(
    @Root() { id, status, storedVerdict: stored }: EditType,
    @Ctx() { loaders }: Context,
  ): Promise<StageVerdictType | null> {
    const mayBe = stored?.appealable === true && status === "REFUSED";
    return stored && { ...stored, appealable: mayBe && (await loaders.appeals.load(id)) === undefined };
  }

  @FieldResolver(() => AppealStatus, {
    nullable: true,
    description: "Where its appeal stands; null where none was handed in.",
  })
  async appeal(@Root() { id }: EditType, @Ctx() { loaders }: Context): Promise<keyof typeof AppealStatus | null> {
    const status = await loaders.appeals.load(id);
    if (status === undefined) return null;
    if (isUndecided(status)) return "PENDING";
    return status === "APPROVED" ? "UPHELD" : "REJECTED";
  }

  @FieldResolver(() => [ImageType], { description: "The results, once it has succeeded, in the order of their seeds." })
  async images(@Root() edit: EditType, @Ctx() { loaders }: Context): Promise<ImageType[]> {
    return edit.status === "SUCCEEDED" ? (await loaders.outputs.load(edit.id)).map(shownImage) : [];
  }

  @FieldResolver(() => [ImageType], { description: "The pictures that it edits." })
  async sources(@Root() { request }: EditType, @Ctx() { loaders }: Context): Promise<ImageType[]> {
    const found = await Promise.all(request.imageIds.map((id) => loaders.images.load(id)));
    return found.filter((image) => image !== undefined).map(shownImage);
  }

  @FieldResolver(() => ImageType, { nullable: true, description: "Its mask." })
  async mask(@Root() { request }: EditType, @Ctx() { loaders }: Context): Promise<ImageType | null> {
    const mask = request.maskId === undefined ? undefined : await loaders.images.load(request.maskId);
    return mask === undefined ? null : shownImage(mask);
  }
}

function bringsPictures({ images, mask }: EditInput): boolean {
  return [...images, mask].some((image) => image?.dataUri != null);
}

/**
 * Throws `Refused` for an edit that its account may not make, or that finds no room, whatever its pictures turn out to be: so
 * that none is read for nothing.
 */
async function mustFindRoom(
  { strength: _, ...input }: EditInput,
  viewer: Viewer,
  { services }: Context,
): Promise<void> {
  const { estimate } = await services.desk.planner.preview(viewer, { ...argumentsOf(input), imageIds: [] });
  if (!estimate.admitted.admitted) throw refusal(estimate.admitted);
}

/**
 * The arguments as the journey takes them. Pictures that came along are stored, one after the other, and their ids noted in
 * `added`.
 */
async function wishOf(input: EditInput, accountId: string, context: Context, added: string[]): Promise<EditWish> {
  const { images, mask } = input;
  // Before any of them is stored or looked up.
  const [, imagesMax] = limits.images;
  if (images.length > imagesMax)
    throw new Refused("BAD_INPUT", `images: their number is ${images.length}: at most ${imagesMax} are expected`);
  const imageIds: string[] = [];
  for (const image of images) imageIds.push(await imageIdOf(image, "SOURCE", accountId, context, added));
  const maskId = mask && (await imageIdOf(mask, "MASK", accountId, context, added));
  return { ...argumentsOf(input), imageIds, ...(maskId && { maskId }) };
}

/** All but the pictures. */
function argumentsOf({ images: _, mask: _mask, idempotencyKey: _key, prompt, output, deadline, ...rest }: EditInput) {
  return { prompt, ...present(rest), ...(output && { output: present(output) }), ...(deadline && { deadline }) };
}

async function imageIdOf(
  { imageId, uploadId, dataUri }: ImageInput,
  kind: "SOURCE" | "MASK",
  accountId: string,
  { services }: Context,
  added: string[],
): Promise<string> {
  const given = [imageId, uploadId, dataUri].filter((value) => value != null);
  if (given.length !== 1)
    throw new Refused(
      "BAD_INPUT",
      `a picture is named by exactly one of imageId, uploadId and dataUri, not ${given.length}`,
    );
  if (imageId != null) return imageId;
  if (uploadId != null) return services.uploads.imageOf(accountId, uploadId);
  const id = await services.gallery.add(accountId, parseDataUri(dataUri!), kind);
  added.push(id);
  return id;
}

function idempotencyOf({ idempotencyKey, ...args }: EditInput): Idempotency | undefined {
  if (idempotencyKey == null) return undefined;
  if (idempotencyKey.length === 0 || idempotencyKey.length > keyCharactersMax)
    throw new Refused(
      "BAD_INPUT",
      `idempotencyKey has ${idempotencyKey.length} characters; 1 to ${keyCharactersMax} are expected`,
    );
  const requestDigest = createHash("sha256")
    .update(canonicalJson(present(args)))
    .digest("hex");
  return { key: idempotencyKey, requestDigest };
}
