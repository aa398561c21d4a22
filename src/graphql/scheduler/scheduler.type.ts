import { Field, Float, Int, ObjectType } from "type-graphql";
import { SizeType } from "../edit/edit.type.ts";

@ObjectType("StepTime", { description: "What a denoising step costs.", simpleResolvers: true })
export class StepTimeType {
  @Field(() => Int, { description: "Rows in one step." })
  rows!: number;

  @Field(() => Float, { description: "Milliseconds of the step." })
  ms!: number;
}

@ObjectType("BucketState", { description: "Edits of one geometry.", simpleResolvers: true })
export class BucketStateType {
  @Field(() => String, { description: "Sizes of output and source, and tokens of text." })
  bucket!: string;

  @Field(() => Int, { description: "Pictures that wait." })
  depth!: number;

  @Field(() => Float, { description: "Milliseconds that the oldest has been here." })
  oldestMs!: number;

  @Field(() => Int, { description: "Pictures that are being made." })
  open!: number;

  @Field(() => Int, { description: "Rows in the step that runs now." })
  runningRows!: number;

  @Field(() => [StepTimeType], { description: "What was measured here." })
  stepTimes!: StepTimeType[];
}

@ObjectType("SchedulerState", { description: "What the scheduler has to do." })
export class SchedulerStateType {
  @Field(() => [BucketStateType], { description: "By geometry." })
  buckets!: BucketStateType[];

  @Field(() => Int, { description: "Pictures in all." })
  pictures!: number;

  @Field(() => Float, { description: "Estimated milliseconds of all that is outstanding." })
  backlogMs!: number;

  @Field(() => Float, { description: "The most that is let in." })
  backlogMsMax!: number;
}

@ObjectType("Estimate", { description: "What would become of an edit that is sent now.", simpleResolvers: true })
export class EstimateType {
  @Field(() => Int, { description: "Pictures before it, and itself: 1 begins next." })
  position!: number;

  @Field(() => Float, { description: "Seconds until the result." })
  seconds!: number;

  @Field(() => Float, { description: "With `secondsMax` the interval in which it comes, mostly." })
  secondsMin!: number;

  @Field(() => Float, { description: "Seconds." })
  secondsMax!: number;

  @Field(() => Float, { description: "Megapixels that the model makes, all pictures together." })
  megapixels!: number;

  @Field(() => SizeType, { description: "The size that the model works at." })
  bucket!: SizeType;

  @Field(() => String, {
    nullable: true,
    description: "Why it would be refused now: QUEUE_FULL or DEADLINE_UNREACHABLE.",
  })
  refusal!: string | null;
}
