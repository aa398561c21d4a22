import { Arg, Ctx, ID, Mutation, Query, Resolver } from "type-graphql";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { givePolicy } from "../../journey/account-policy.ts";
import { acceptPolicy, findAccount, setPromptInCredentials } from "../../store/accounts.ts";
import { activeViewerOf, type Context, viewerOf, withRole } from "../context.ts";
import { AccountType, ViewerType } from "./account.type.ts";

@Resolver()
export class AccountResolver {
  @Query(() => ViewerType, { description: "Whoever asks." })
  async viewer(@Ctx() context: Context): Promise<ViewerType> {
    const { account, policy } = await context.services.desk.planner.standing(viewerOf(context).accountId);
    const { name, version } = policy;
    return { account, policy: { name, version, accepted: account.policyVersionAccepted === version } };
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
    const account = isId(accountId) ? await findAccount(db, accountId) : null;
    if (account === null) throw new Refused("NOT_FOUND", `there is no account "${accountId.slice(0, 40)}"`);
    return givePolicy(db, policies, account, policy, { actor, at: clock.date() });
  }
}
