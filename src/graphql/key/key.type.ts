import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, ID, InputType, ObjectType } from "type-graphql";

@ObjectType("ApiKey", { description: "A key, all but its secret.", simpleResolvers: true })
export class ApiKeyType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => String, { description: "What it is for." })
  name!: string;

  @Field(() => String, { description: "The first characters of its secret, to recognise it by." })
  prefix!: string;

  @Field(() => GraphQLDateTimeISO, { description: "When it was made." })
  createdAt!: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it ends by itself." })
  expiresAt!: Date | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it was ended." })
  revokedAt!: Date | null;
}

@ObjectType("NewApiKey", { description: "A key that was just made.", simpleResolvers: true })
export class NewApiKey {
  @Field(() => ApiKeyType, { description: "What is kept of it." })
  key!: ApiKeyType;

  @Field(() => String, { description: "Shown this once: send it as `Authorization: Bearer <secret>`." })
  secret!: string;
}

@InputType({ description: "A key to make." })
export class CreateApiKeyInput {
  @Field(() => String, { description: "What it is for, 1 to 100 characters." })
  name!: string;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it ends by itself; never when left out." })
  expiresAt?: Date | null;
}
