import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from "type-graphql";
import { Refused } from "../../core/errors.ts";
import type { ProgressEvent } from "../../core/progress.ts";
import { type Context, viewerOf } from "../context.ts";
import { shownImage } from "../image/image.resolver.ts";
import { ImageType } from "../image/image.type.ts";
import { CompletedEvent, ProgressEventType, shownEvent } from "./progress.type.ts";

interface ProgressArguments {
  readonly editId: string;
  readonly after: number;
  readonly previews: boolean;
}

@Resolver()
export class ProgressResolver {
  @Subscription(() => ProgressEventType, {
    description:
      "What happens to an edit, from the past on, until its end. A step may be left out for a slow client; nothing else is.",
    subscribe: async ({ args, context }: { args: unknown; context: Context }) => {
      const { editId, after, previews } = args as ProgressArguments;
      if (after < 0)
        throw new Refused("BAD_INPUT", `after is ${after}: the seq of the last event seen, or 0, is expected`);
      await context.services.desk.find(viewerOf(context), editId);
      return context.services.feed.watch(editId, { after, previews });
    },
  })
  progress(
    @Root() event: ProgressEvent,
    @Arg("editId", () => ID, { description: "Which edit." }) _editId: string,
    @Arg("after", () => Int, { defaultValue: 0, description: "Events up to this number are left out." }) _after: number,
    @Arg("previews", () => Boolean, { defaultValue: false, description: "Whether steps come with a small picture." })
    previews: boolean,
  ): ProgressEventType {
    // Another client may have asked for pictures that this one did not.
    return shownEvent(event.kind === "step" && !previews ? { ...event, preview: undefined as never } : event);
  }

  @Subscription(() => ProgressEventType, {
    description: "What happens to all edits of the account, from now on; without pictures.",
    subscribe: ({ context }: { context: Context }) => context.services.feed.watchAccount(viewerOf(context).accountId),
  })
  activity(@Root() event: ProgressEvent): ProgressEventType {
    return shownEvent(event.kind === "step" ? { ...event, preview: undefined as never } : event);
  }
}

@Resolver(() => CompletedEvent)
export class CompletedEventResolver {
  @FieldResolver(() => [ImageType])
  async images(@Root() { imageIds }: CompletedEvent, @Ctx() { loaders }: Context): Promise<ImageType[]> {
    const found = await Promise.all(imageIds.map((id) => loaders.images.load(id)));
    return found.filter((image) => image !== undefined).map(shownImage);
  }
}
