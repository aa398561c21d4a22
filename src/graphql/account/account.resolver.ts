import { Arg, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Role as RoleName } from "../../core/account.ts";
import { Refused } from "../../core/errors.ts";
import { limitAccount } from "../../journey/account-limits.ts";
import { givePolicy } from "../../journey/account-policy.ts";
import { giveRole } from "../../journey/account-role.ts";
import { acceptPolicy, setPromptInCredentials } from "../../store/accounts.ts";
import { storedBytes } from "../../store/images.ts";
import { editsOnDay } from "../../store/usage.ts";
import { activeViewerOf, type Context, viewerOf, withRole } from "../context.ts";
import { Role } from "../enums.ts";
import { AccountType, ViewerType } from "./account.type.ts";
import { AccountLimitsInput } from "./account-limits.input.ts";
import { accountOf } from "./account-of.ts";

@Resolver(() => ViewerType)
export class AccountResolver {
  @Query(() => ViewerType, { description: "Whoever asks." })
  async viewer(@Ctx() context: Context): Promise<ViewerType> {
    const { account, policy } = await context.services.desk.planner.standing(viewerOf(context).accountId);
    const { name, version } = policy;
    return { account, policy: { name, version, accepted: account.policyVersionAccepted === version } };
  }

  @FieldResolver(() => Int, { description: "Edits that it has handed in on this day, UTC." })
  editsToday(@Root() { account }: ViewerType, @Ctx() { services: { db, clock } }: Context): Promise<number> {
    return editsOnDay(db, account.id, clock.date());
  }

  @FieldResolver(() => Float, { description: "Bytes of its pictures that are not deleted." })
  storedBytes(@Root() { account }: ViewerType, @Ctx() { services: { db } }: Context): Promise<number> {
    return storedBytes(db, account.id);
  }

  @Mutation(() => AccountType, { description: "Accepts the policy; an account edits only after it has." })
  async acceptPolicy(
    @Arg("version", () => String, { description: "As `viewer.policy.version` says." }) version: string,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    const { accountId, keyId } = activeViewerOf(context);
    const { desk, db, clock } = context.services;
    const { policy } = await desk.planner.standing(accountId);
    if (version !== policy.version)
      throw new Refused("BAD_INPUT", `version is "${version.slice(0, 40)}": the current one is ${policy.version}`);
    return acceptPolicy(db, accountId, version, { actor: keyId ?? accountId, at: clock.date() });
  }

  @Mutation(() => AccountType, {
    description: "Whether prompts may stand in the signed credentials of the account's pictures.",
  })
  async setPromptInCredentials(
    @Arg("value", () => Boolean, { description: "True lets them." }) value: boolean,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    const { accountId, keyId } = activeViewerOf(context);
    const { db, clock } = context.services;
    return setPromptInCredentials(db, accountId, value, { actor: keyId ?? accountId, at: clock.date() });
  }

  @Query(() => [String], { description: "The names of the policies that an account may have. For moderators." })
  policies(@Ctx() context: Context): readonly string[] {
    withRole(context, "MODERATOR");
    return context.services.policies.names;
  }

  @Mutation(() => AccountType, {
    description:
      "Judges an account's edits by another policy from the next one on; it edits once it has accepted it. For administrators.",
  })
  async setAccountPolicy(
    @Arg("accountId", () => ID, { description: "Which." }) accountId: string,
    @Arg("policy", () => String, { description: "One of `policies`." }) policy: string,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    const { accountId: actor } = withRole(context, "ADMIN");
    const { db, clock, policies } = context.services;
    return givePolicy(db, policies, await accountOf(db, accountId), policy, { actor, at: clock.date() });
  }

  @Mutation(() => AccountType, {
    description: "Gives another account another role, from its next request on. For administrators.",
  })
  async setAccountRole(
    @Arg("accountId", () => ID, { description: "Which; not one's own." }) accountId: string,
    @Arg("role", () => Role, { description: "What it may do from now on." }) role: RoleName,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    const { accountId: actor } = withRole(context, "ADMIN");
    const { db, clock, standings } = context.services;
    const account = await giveRole(db, await accountOf(db, accountId), role, { actor, at: clock.date() });
    standings.roleGiven(accountId, role);
    return account;
  }

  @Mutation(() => AccountType, {
    description: "Says what an account may use, from its next edit on. For administrators.",
  })
  async setAccountLimits(
    @Arg("accountId", () => ID, { description: "Which." }) accountId: string,
    @Arg("limits", () => AccountLimitsInput, { description: "What changes." }) limits: AccountLimitsInput,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    const { accountId: actor } = withRole(context, "ADMIN");
    const { db, clock } = context.services;
    const { weight, concurrencyMax, editsPerDayMax, storageMegabytesMax } = limits;
    const asked = {
      ...(typeof weight === "number" && { weight }),
      ...(typeof concurrencyMax === "number" && { concurrencyMax }),
      ...(editsPerDayMax !== undefined && { editsPerDayMax }),
      ...(storageMegabytesMax !== undefined && { storageMegabytesMax }),
    };
    return limitAccount(db, await accountOf(db, accountId), asked, { actor, at: clock.date() });
  }
}
