import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, ID, Int, InterfaceType, ObjectType } from "type-graphql";
import type { EditStatus as Status } from "../../core/edit.ts";
import type { ProgressEvent, ProgressKind } from "../../core/progress.ts";
import { EditErrorType, StageVerdictType } from "../edit/edit.type.ts";
import { EditStatus } from "../enums.ts";
import { ImageType } from "../image/image.type.ts";

const typeNames: Readonly<Record<ProgressKind, string>> = {
  queued: "QueuedEvent",
  started: "StartedEvent",
  step: "StepEvent",
  moderated: "ModeratedEvent",
  resumed: "ResumedEvent",
  completed: "CompletedEvent",
  failed: "FailedEvent",
  cancelled: "CancelledEvent",
  expired: "ExpiredEvent",
};

const statuses: Readonly<Record<Exclude<ProgressKind, "moderated">, Status>> = {
  queued: "QUEUED",
  started: "RUNNING",
  step: "RUNNING",
  resumed: "MODERATING",
  completed: "SUCCEEDED",
  failed: "FAILED",
  cancelled: "CANCELLED",
  expired: "EXPIRED",
};

@InterfaceType("ProgressEvent", {
  description: "Something that happened to an edit.",
  resolveType: (event: ProgressEventType) => typeNames[event.kind],
})
export abstract class ProgressEventType {
  @Field(() => ID, { description: "Of which edit." })
  editId!: string;

  @Field(() => Int, {
    description: "Rises by one per edit, from 1; give the last one seen as `after` to miss nothing.",
  })
  seq!: number;

  @Field(() => GraphQLDateTimeISO, { description: "When." })
  at!: Date;

  @Field(() => EditStatus, { description: "Where the edit stands from then on." })
  status!: Status;

  /** Not a field. */
  kind!: ProgressKind;
}

const event = { implements: ProgressEventType, simpleResolvers: true } as const;

@ObjectType("QueuedEvent", { ...event, description: "Prompt and sources have passed; it waits for the engine." })
export class QueuedEvent extends ProgressEventType {
  @Field(() => Int, { description: "0 has begun, 1 begins next." })
  position!: number;

  @Field(() => Int, { description: "Milliseconds until the result is expected." })
  etaMs!: number;

  @Field(() => Int, { description: "With `etaMsMax` the interval in which it comes, mostly." })
  etaMsMin!: number;

  @Field(() => Int, { description: "Milliseconds." })
  etaMsMax!: number;
}

@ObjectType("StartedEvent", { ...event, description: "The engine begins." })
export class StartedEvent extends ProgressEventType {
  @Field(() => Int, { description: "Edits that share a step." })
  batchSize!: number;

  @Field(() => String, { description: "Width x height that the model works at." })
  bucket!: string;
}

@ObjectType("StepEvent", {
  ...event,
  description: "A denoising step is done. A slow client is told of the latest only.",
})
export class StepEvent extends ProgressEventType {
  @Field(() => Int, { description: "Which of the edit's pictures, from 0." })
  index!: number;

  @Field(() => Int, { description: "Steps done." })
  step!: number;

  @Field(() => Int, { description: "Steps in all." })
  total!: number;

  @Field(() => Int, { description: "Milliseconds until the result is expected." })
  etaMs!: number;

  @Field(() => String, {
    nullable: true,
    description:
      "The picture as the model foresees it, which no filter has judged: a small WebP as a data URL, where `previews` was asked for. None comes with the last step, nor where a person looks at the result first.",
  })
  preview!: string | null;
}

@ObjectType("ModeratedEvent", { ...event, description: "A filter refused it (the end, unless appealed) or holds it." })
export class ModeratedEvent extends ProgressEventType {
  @Field(() => StageVerdictType, { description: "Why." })
  verdict!: StageVerdictType;
}

@ObjectType("ResumedEvent", { ...event, description: "A moderator let it go on." })
export class ResumedEvent extends ProgressEventType {}

@ObjectType("CompletedEvent", { implements: ProgressEventType, description: "Done." })
export class CompletedEvent extends ProgressEventType {
  @Field(() => [ImageType], { description: "The results; ask their `url`." })
  images!: ImageType[];

  /** Not a field. */
  imageIds!: readonly string[];
}

@ObjectType("FailedEvent", { ...event, description: "It could not be made." })
export class FailedEvent extends ProgressEventType {
  @Field(() => EditErrorType, { description: "Why." })
  error!: EditErrorType;
}

@ObjectType("CancelledEvent", { ...event, description: "It was called off." })
export class CancelledEvent extends ProgressEventType {}

@ObjectType("ExpiredEvent", { ...event, description: "Its deadline passed before it could be begun." })
export class ExpiredEvent extends ProgressEventType {}

/** An event as GraphQL shows it. */
export function shownEvent(progress: ProgressEvent): ProgressEventType {
  const { at, ...rest } = progress;
  const status = progress.kind === "moderated" ? progress.status : statuses[progress.kind];
  const shown: object = { ...rest, at: new Date(at), status };
  if (progress.kind !== "failed") return shown as ProgressEventType;
  const { code, message, retryable } = progress;
  return { ...shown, error: { code, message, retryable } } as object as ProgressEventType;
}
