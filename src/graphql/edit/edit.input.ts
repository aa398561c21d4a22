import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, Float, ID, InputType, Int } from "type-graphql";
import type { OutputFormat as Format, OutputSize as Size, Priority as Urgency } from "../../core/edit.ts";
import { OutputFormat, OutputSize, Priority } from "../enums.ts";

@InputType({ description: "A picture: exactly one of the three." })
export class ImageInput {
  @Field(() => ID, { nullable: true, description: "Id of a picture of the account, uploaded or made before." })
  imageId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Id of an upload whose bytes have arrived, until an hour after its `expiresAt`; its picture's id stays.",
  })
  uploadId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The picture itself as a data URI, at most 4 MB: JPEG, PNG or WebP.",
  })
  dataUri?: string | null;
}

@InputType({ description: "What the result is delivered as." })
export class OutputInput {
  @Field(() => OutputFormat, { nullable: true, description: "PNG when left out." })
  format?: Format | null;

  @Field(() => Int, { nullable: true, description: "Of JPEG, WebP and AVIF, 1 to 100; 90 when left out." })
  quality?: number | null;

  @Field(() => OutputSize, { nullable: true, description: "ORIGINAL when left out." })
  size?: Size | null;
}

@InputType({ description: "An edit: a sentence, and mostly a picture." })
export class EditInput {
  @Field(() => String, {
    description:
      "What to change, 1 to 10,000 characters. More than 5,000, a negative prompt counted too, wait for a moderator.",
  })
  prompt!: string;

  @Field(() => [ImageInput], {
    defaultValue: [],
    description:
      "Pictures to edit, 0 to 4; several are placed side by side, and none makes a picture from the sentence alone.",
  })
  images!: ImageInput[];

  @Field(() => ImageInput, {
    nullable: true,
    description:
      "White is repainted, black keeps its very pixels; an upload of kind MASK. Stretched over the picture, of which it needs exactly one, and goes with no `aspectRatio`.",
  })
  mask?: ImageInput | null;

  @Field(() => Float, {
    nullable: true,
    description: "With a mask: 1 repaints from pure noise, less keeps more; over 0 to 1, default 1.",
  })
  strength?: number | null;

  @Field(() => String, { nullable: true, description: "Name of a model; the one that is served when left out." })
  model?: string | null;

  @Field(() => Int, { nullable: true, description: "Denoising steps, 1 to 100; the model's default when left out." })
  steps?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "How strongly the prompt counts, 1 to 9; the model's default when left out.",
  })
  guidance?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "What must not appear, up to 10,000 characters, perhaps none; needs `trueCfg`.",
  })
  negativePrompt?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: "True classifier-free guidance, over 1 to 20; needs `negativePrompt` and doubles the time.",
  })
  trueCfg?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "0 to 4294967295; the same seed gives the same picture. Drawn, and told by the edit, when left out.",
  })
  seed?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "Pictures to make, 1 to 4, with seeds that follow each other; default 1.",
  })
  count?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'MATCH_INPUT (default), or width to height such as "16:9", from 3:7 to 7:3: the nearest of the 17 buckets is taken.',
  })
  aspectRatio?: string | null;

  @Field(() => OutputInput, { nullable: true, description: "Format, quality and size of the result." })
  output?: OutputInput | null;

  @Field(() => Int, {
    nullable: true,
    description: "0 (strict) to 6, default 2; at most 2 counts with a picture unless the policy says more.",
  })
  safetyTolerance?: number | null;

  @Field(() => Priority, { nullable: true, description: "NORMAL when left out." })
  priority?: Urgency | null;

  @Field(() => GraphQLDateTimeISO, {
    nullable: true,
    description: "When the result is wanted; an edit that cannot be made by then is refused with DEADLINE_UNREACHABLE.",
  })
  deadline?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "1 to 128 characters: the same key gives the same edit, however often it is sent; with other arguments it is refused.",
  })
  idempotencyKey?: string | null;
}
