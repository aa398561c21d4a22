import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type {
  EditRequest,
  OutputFormat as Format,
  OutputSize as Size,
  EditStatus as Status,
  Priority as Urgency,
} from "../../core/edit.ts";
import type {
  Category as CategoryName,
  Stage as StageName,
  StageVerdict,
  Verdict as VerdictName,
} from "../../core/moderation.ts";
import { Category, EditStatus, OutputFormat, OutputSize, Priority, Stage, Verdict } from "../enums.ts";

@ObjectType("Size", { description: "Width and height.", simpleResolvers: true })
export class SizeType {
  @Field(() => Int, { description: "Pixels." })
  width!: number;

  @Field(() => Int, { description: "Pixels." })
  height!: number;
}

@ObjectType("Output", { description: "What the result is delivered as.", simpleResolvers: true })
export class OutputType {
  @Field(() => OutputFormat, { description: "File format." })
  format!: Format;

  @Field(() => Int, { description: "1 to 100; PNG is lossless whatever it says." })
  quality!: number;

  @Field(() => OutputSize, { description: "Which size." })
  size!: Size;
}

@ObjectType("EditError", { description: "Why an edit could not be made.", simpleResolvers: true })
export class EditErrorType {
  @Field(() => String, { description: "One of the API's codes." })
  code!: string;

  @Field(() => String, { description: "In words." })
  message!: string;

  @Field(() => Boolean, { description: "Whether the same edit may succeed when it is sent again." })
  retryable!: boolean;
}

@ObjectType("StageVerdict", { description: "Why an edit was refused or is held.", simpleResolvers: true })
export class StageVerdictType implements StageVerdict {
  @Field(() => Stage, { description: "What was looked at." })
  stage!: StageName;

  @Field(() => Verdict, { description: "What follows." })
  verdict!: VerdictName;

  @Field(() => Category, { description: "The gravest thing found; OTHER when a person must look for another reason." })
  category!: CategoryName;

  @Field(() => Float, { description: "0 to 1, in tenths." })
  score!: number;

  @Field(() => Float, { description: "From this score on the policy acts." })
  threshold!: number;

  @Field(() => String, { description: "Name and version of the policy." })
  policyVersion!: string;

  @Field(() => Boolean, { description: "Whether `appealEdit` is open." })
  appealable!: boolean;
}

@ObjectType("Edit", { description: "A request to change a picture by a sentence, and what became of it." })
export class EditType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => EditStatus, { description: "Where it stands." })
  status!: Status;

  @Field(() => String, { description: "What was asked." })
  prompt!: string;

  @Field(() => String, { nullable: true, description: "What must not appear." })
  negativePrompt!: string | null;

  @Field(() => String, { description: "Name of the model." })
  model!: string;

  @Field(() => String, { description: "SHA-256 over the model's weights, in hex." })
  modelDigest!: string;

  @Field(() => Int, { description: "Denoising steps." })
  steps!: number;

  @Field(() => Float, { description: "How strongly the prompt counts." })
  guidance!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Scale of true classifier-free guidance, where it was asked for.",
  })
  trueCfg!: number | null;

  @Field(() => Float, { description: "Seed of the first picture; the n-th has seed + n." })
  seed!: number;

  @Field(() => Int, { description: "Pictures to make." })
  count!: number;

  @Field(() => String, { description: "As asked." })
  aspectRatio!: string;

  @Field(() => SizeType, { description: "The size that the model works at." })
  bucket!: SizeType;

  @Field(() => OutputType, { description: "What the result is delivered as." })
  output!: OutputType;

  @Field(() => Int, { description: "As asked; the policy may count less." })
  safetyTolerance!: number;

  @Field(() => Priority, { description: "What goes first." })
  priority!: Urgency;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When the result is wanted." })
  deadline!: Date | null;

  @Field(() => EditErrorType, { nullable: true, description: "With FAILED." })
  error!: EditErrorType | null;

  @Field(() => GraphQLDateTimeISO, { description: "When it was accepted." })
  createdAt!: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When prompt and sources had passed." })
  queuedAt!: Date | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When the engine began, for the last time." })
  startedAt!: Date | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it came to its end." })
  finishedAt!: Date | null;

  /** Not a field: what the resolvers of pictures need. */
  accountId!: string;
  request!: EditRequest;
  storedVerdict!: StageVerdict | null;
}
