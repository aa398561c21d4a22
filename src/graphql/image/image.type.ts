import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { OutputFormat as Format } from "../../core/edit.ts";
import { ImageKind, OutputFormat } from "../enums.ts";

@ObjectType("Image", { description: "A picture of an account." })
export class ImageType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => ImageKind, { description: "What it is." })
  kind!: keyof typeof ImageKind;

  @Field(() => Int, { description: "Pixels." })
  width!: number;

  @Field(() => Int, { description: "Pixels." })
  height!: number;

  @Field(() => String, { description: "Media type of the bytes." })
  contentType!: string;

  @Field(() => Int, { description: "Bytes of the file." })
  byteLength!: number;

  @Field(() => String, { description: "SHA-256 of the bytes, in hex." })
  sha256!: string;

  @Field(() => GraphQLDateTimeISO, { description: "When it came to be." })
  createdAt!: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When its bytes were deleted." })
  deletedAt!: Date | null;
}

@InputType({ description: "Another form of a picture." })
export class VariantInput {
  @Field(() => Int, { nullable: true, description: "Pixels, 16 to 2048, rounded up to a usual size; never enlarged." })
  width?: number | null;

  @Field(() => OutputFormat, { nullable: true, description: "The picture's own when left out." })
  format?: Format | null;

  @Field(() => Int, {
    nullable: true,
    description: "1 to 100, rounded up to a multiple of 10; 85 when left out; not for PNG.",
  })
  quality?: number | null;
}
