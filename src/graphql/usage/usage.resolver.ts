import { GraphQLDateTimeISO } from "graphql-scalars";
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { dayMs } from "../../core/clock.ts";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { pageSizeMax } from "../../store/page.ts";
import { dayOf, type Period, sumOf, usageByAccount, usageOf } from "../../store/usage.ts";
import { type Context, viewerOf, withRole } from "../context.ts";
import { UsageDayType, UsageType } from "./usage.type.ts";

const daysMax = 366;

const fromArg = "The period's first day; the time of day does not count, days are those of UTC.";
const beforeArg = "The day after its last; at most 366 later.";

@Resolver(() => UsageType)
export class UsageResolver {
  @Query(() => UsageType, { description: "What an account used in a period. Of other accounts, for auditors." })
  async usage(
    @Arg("from", () => GraphQLDateTimeISO, { description: fromArg }) from: Date,
    @Arg("before", () => GraphQLDateTimeISO, { description: beforeArg }) before: Date,
    @Ctx() context: Context,
    @Arg("accountId", () => ID, { nullable: true, description: "Whose; the own when left out." })
    asked?: string | null,
  ): Promise<Omit<UsageType, "days">> {
    const own = viewerOf(context).accountId;
    const accountId = asked ?? own;
    if (accountId !== own) withRole(context, "AUDITOR");
    if (!isId(accountId)) throw new Refused("NOT_FOUND", `there is no account "${accountId.slice(0, 40)}"`);
    const period = periodOf(from, before);
    return { accountId, ...period, ...sumOf(await usageOf(context.services.db, accountId, period)) };
  }

  @Query(() => [UsageType], {
    description: "The accounts that used the engine longest in a period, the longest first. For auditors.",
  })
  async usageByAccount(
    @Arg("from", () => GraphQLDateTimeISO, { description: fromArg }) from: Date,
    @Arg("before", () => GraphQLDateTimeISO, { description: beforeArg }) before: Date,
    @Ctx() context: Context,
    @Arg("first", () => Int, { defaultValue: 20, description: "How many, 1 to 100." }) first: number,
  ): Promise<Omit<UsageType, "days">[]> {
    withRole(context, "AUDITOR");
    if (first < 1 || first > pageSizeMax)
      throw new Refused("BAD_INPUT", `first is ${first}: 1 to ${pageSizeMax} are expected`);
    const period = periodOf(from, before);
    const found = await usageByAccount(context.services.db, period, first);
    return found.map((used) => ({ ...used, ...period }));
  }

  @FieldResolver(() => [UsageDayType], { description: "Its days with anything used, oldest first." })
  days(@Root() { accountId, from, before }: UsageType, @Ctx() { services }: Context): Promise<UsageDayType[]> {
    return usageOf(services.db, accountId, { from, before });
  }

  @FieldResolver(() => String, { nullable: true, description: "The account's name." })
  accountName(@Root() { accountId }: UsageType, @Ctx() { loaders }: Context): Promise<string | null> {
    return loaders.names.load(accountId);
  }
}

/** Whole days. Throws `Refused` BAD_INPUT for none or too many. */
function periodOf(first: Date, end: Date): Period {
  const [from, before] = [dayOf(first), dayOf(end)];
  const days = (before.getTime() - from.getTime()) / dayMs;
  if (days >= 1 && days <= daysMax) return { from, before };
  throw new Refused("BAD_INPUT", `the period has ${days} days: 1 to ${daysMax} are expected, before after from`);
}
