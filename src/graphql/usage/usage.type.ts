import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";

@ObjectType({ description: "What was used. An edit that is refused, appealed and then made counts as both." })
class Counted {
  @Field(() => Int, { description: "Edits that were accepted." })
  edits!: number;

  @Field(() => Int, { description: "Pictures that were made." })
  pictures!: number;

  @Field(() => Int, { description: "Edits that were made." })
  succeeded!: number;

  @Field(() => Int, { description: "Refusals by filters and moderators." })
  refused!: number;

  @Field(() => Int, { description: "Edits that had to wait for a moderator." })
  held!: number;

  @Field(() => Int, { description: "Edits that could not be made." })
  failed!: number;

  @Field(() => Int, { description: "Edits that were called off." })
  cancelled!: number;

  @Field(() => Int, { description: "Edits whose deadline passed." })
  expired!: number;

  @Field(() => Float, { description: "Milliseconds of the engine; of a step that several shared, their share." })
  engineMs!: number;
}

@ObjectType("UsageDay", { description: "What an account used on one day.", simpleResolvers: true })
export class UsageDayType extends Counted {
  @Field(() => GraphQLDateTimeISO, { description: "Midnight, UTC, at which the day begins." })
  day!: Date;
}

@ObjectType("Usage", { description: "What an account used in a period." })
export class UsageType extends Counted {
  @Field(() => ID, { description: "Whose." })
  accountId!: string;

  @Field(() => GraphQLDateTimeISO, { description: "The period's first midnight, UTC." })
  from!: Date;

  @Field(() => GraphQLDateTimeISO, { description: "The midnight at which it ends, UTC; not itself included." })
  before!: Date;
}
