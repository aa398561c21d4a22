import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { EditErrorType } from "../edit/edit.type.ts";
import { UploadKind, UploadState } from "../enums.ts";

@InputType({ description: "Bytes to come." })
export class CreateUploadInput {
  @Field(() => String, {
    description: "image/jpeg, image/png or image/webp, to be verified image/avif too; what counts is the content.",
  })
  contentType!: string;

  @Field(() => Int, { description: "Their exact number, 1 to 20971520 (20 MiB)." })
  byteLength!: number;

  @Field(() => String, { nullable: true, description: "Their SHA-256 in hex, to be checked on arrival." })
  sha256?: string | null;

  @Field(() => UploadKind, { defaultValue: UploadKind.SOURCE, description: "What the picture is for." })
  kind!: keyof typeof UploadKind;
}

@ObjectType("Upload", { description: "A picture on its way in." })
export class UploadType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => UploadState, { description: "Where it stands." })
  state!: keyof typeof UploadState;

  @Field(() => GraphQLDateTimeISO, { description: "Until when the bytes may come." })
  expiresAt!: Date;

  @Field(() => EditErrorType, { nullable: true, description: "With REJECTED: what was wrong with the picture." })
  error!: EditErrorType | null;

  /** Not a field. */
  imageId!: string | null;
}

@ObjectType("UploadTicket", { description: "Where the bytes go.", simpleResolvers: true })
export class UploadTicket {
  @Field(() => UploadType, { description: "To be named in an edit, or in `verifyImage`, once the bytes are there." })
  upload!: UploadType;

  @Field(() => String, {
    description:
      "PUT the bytes here, once; the answer is JSON with `imageId`, `width` and `height`, or for VERIFY with `uploadId` " +
      "and `sha256`.",
  })
  url!: string;
}
