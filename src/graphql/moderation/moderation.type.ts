import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { Category as CategoryName, Stage as StageName, Verdict as VerdictName } from "../../core/moderation.ts";
import { AccountType } from "../account/account.type.ts";
import { CaseAction, CaseKind, CaseStatus, Category, Stage, Verdict } from "../enums.ts";

@ObjectType("CategoryScore", { description: "One thing that a filter looked for.", simpleResolvers: true })
export class CategoryScoreType {
  @Field(() => Category, { description: "Which." })
  category!: CategoryName;

  @Field(() => Float, { description: "0 to 1." })
  score!: number;

  @Field(() => Float, { description: "From this score on the policy acts." })
  threshold!: number;
}

@ObjectType("FilterOutcome", { description: "What one filter said. For moderators.", simpleResolvers: true })
export class FilterOutcomeType {
  @Field(() => Stage, { description: "What was looked at." })
  stage!: StageName;

  @Field(() => Int, {
    description:
      "Which of the edit's pictures, from 0. After the sources counts the mask, after what the model made what a mask put together of it.",
  })
  index!: number;

  @Field(() => String, { description: "The filter's name." })
  filter!: string;

  @Field(() => String, { description: "Version of its rules, weights or entries." })
  filterVersion!: string;

  @Field(() => String, { description: "Name and version of the policy." })
  policyVersion!: string;

  @Field(() => Verdict, { description: "What followed." })
  verdict!: VerdictName;

  @Field(() => [CategoryScoreType], { description: "What it found." })
  categories!: CategoryScoreType[];

  @Field(() => String, { nullable: true, description: "Why it could not judge, when it could not." })
  trouble!: string | null;

  @Field(() => Float, { description: "Milliseconds that it took." })
  ms!: number;
}

@ObjectType("CaseDecision", { description: "What somebody decided, and why.", simpleResolvers: true })
export class CaseDecisionType {
  @Field(() => String, { description: "Account of the moderator." })
  moderatorId!: string;

  @Field(() => CaseAction, { description: "What." })
  action!: string;

  @Field(() => String, { description: "Why." })
  reason!: string;

  @Field(() => GraphQLDateTimeISO, { description: "When." })
  createdAt!: Date;
}

@ObjectType("ModerationCase", { description: "Something that a person decides." })
export class ModerationCaseType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => CaseKind, { description: "How it came about." })
  kind!: string;

  @Field(() => CaseStatus, { description: "Where it stands." })
  status!: string;

  @Field(() => Category, { description: "What it is about." })
  category!: string;

  @Field(() => Stage, { nullable: true, description: "What was looked at." })
  stage!: string | null;

  @Field(() => String, { nullable: true, description: "What the account or the reporter wrote." })
  statement!: string | null;

  @Field(() => GraphQLDateTimeISO, { description: "When it was opened." })
  createdAt!: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it was decided." })
  decidedAt!: Date | null;

  /** Not fields, or fields that show it to moderators alone. */
  claimedBy!: string | null;
  decisions!: readonly CaseDecisionType[];
  accountId!: string;
  editId!: string | null;
  imageId!: string | null;
}

@ObjectType("CaseContent", {
  description: "A picture of a case, for moderators; every look is written down.",
  simpleResolvers: true,
})
export class CaseContentType {
  @Field(() => ID, { description: "Of the picture." })
  imageId!: string;

  @Field(() => String, { description: "SOURCE, MASK, OUTPUT or HELD." })
  kind!: string;

  @Field(() => Boolean, { description: "Whether it is served to moderators alone." })
  blocked!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "A signed address, blurred unless asked otherwise; null when the bytes are gone.",
  })
  url!: string | null;
}

@ObjectType("StrikeCount", { description: "Refusals of one category.", simpleResolvers: true })
export class StrikeCountType {
  @Field(() => Category, { description: "Of what." })
  category!: string;

  @Field(() => Int, { description: "How many." })
  count!: number;
}

@ObjectType("AccountHistory", { description: "What a moderator should know of an account." })
export class AccountHistoryType {
  @Field(() => AccountType, { description: "The account." })
  account!: AccountType;

  @Field(() => [StrikeCountType], { description: "Refusals that counted in the last 30 days." })
  strikes!: StrikeCountType[];
}
