import { Field, Float, InputType, Int } from "type-graphql";
import { accountLimitRanges } from "../../core/account.ts";

const range = (name: keyof typeof accountLimitRanges) => accountLimitRanges[name].join(" to ");

@InputType({ description: "What an account may use beside others; what is left out stays as it is." })
export class AccountLimitsInput {
  @Field(() => Float, {
    nullable: true,
    description: `Its share of the engine beside others, ${range("weight")}; 1 is usual.`,
  })
  weight?: number | null;

  @Field(() => Int, { nullable: true, description: `Its pictures that are made at once, ${range("concurrencyMax")}.` })
  concurrencyMax?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `Edits that it may hand in on one day, UTC, ${range("editsPerDayMax")}; null for any number.`,
  })
  editsPerDayMax?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `What its pictures may take, in 10⁶ bytes, ${range("storageMegabytesMax")}; null for anything.`,
  })
  storageMegabytesMax?: number | null;
}
