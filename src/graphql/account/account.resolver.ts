import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { Refused } from "../../core/errors.ts";
import { acceptPolicy, setPromptInCredentials } from "../../store/accounts.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
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
}
