import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { Role as RoleName } from "../../core/account.ts";
import { AccountStatus, Role } from "../enums.ts";

@ObjectType("Account", { description: "Whoever edits.", simpleResolvers: true })
export class AccountType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => String, { description: "Its name here." })
  name!: string;

  @Field(() => Role, { description: "What it may do beyond its own edits." })
  role!: RoleName;

  @Field(() => AccountStatus, { description: "Whether it may edit." })
  status!: keyof typeof AccountStatus;

  @Field(() => String, { nullable: true, description: "With SUSPENDED: why." })
  suspendedReason!: string | null;

  @Field(() => Float, { description: "Its share of the engine beside others; 1 is usual." })
  weight!: number;

  @Field(() => Int, { description: "Its pictures that are made at once, at most." })
  concurrencyMax!: number;

  @Field(() => Int, {
    nullable: true,
    description: "Edits that it may hand in on one day, UTC; any number where it is null.",
  })
  editsPerDayMax!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "What its pictures may take, in 10⁶ bytes; anything where it is null.",
  })
  storageMegabytesMax!: number | null;

  @Field(() => String, { description: "The name of the policy that its edits are judged by." })
  policy!: string;

  @Field(() => String, { nullable: true, description: "The version of the policy that it accepted." })
  policyVersionAccepted!: string | null;

  @Field(() => Boolean, { description: "Whether prompts may stand in the signed credentials of its pictures." })
  promptInCredentials!: boolean;

  @Field(() => GraphQLDateTimeISO, { description: "When it was made." })
  createdAt!: Date;
}

@ObjectType("Policy", { description: "What may be made here.", simpleResolvers: true })
export class PolicyType {
  @Field(() => String, { description: "Its name." })
  name!: string;

  @Field(() => String, { description: "What `acceptPolicy` takes; changes with the policy." })
  version!: string;

  @Field(() => Boolean, { description: "Whether the account has accepted this version." })
  accepted!: boolean;
}

@ObjectType("Viewer", { description: "Whoever asks." })
export class ViewerType {
  @Field(() => AccountType, { description: "Its account." })
  account!: AccountType;

  @Field(() => PolicyType, { description: "The policy that holds for it." })
  policy!: PolicyType;
}
