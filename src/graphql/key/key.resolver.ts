import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from "type-graphql";
import { validKeysMax } from "../../core/account.ts";
import { Refused } from "../../core/errors.ts";
import { createKey, pageOfKeys, revokeKey, rotateKey } from "../../store/keys.ts";
import { connectionOf, connectionType, PageArguments, pageArgs } from "../connection.ts";
import { activeViewerOf, type Context, viewerOf } from "../context.ts";
import { ApiKeyType, CreateApiKeyInput, NewApiKey } from "./key.type.ts";

const ApiKeyConnection = connectionType("ApiKey", ApiKeyType);

@Resolver()
export class KeyResolver {
  @Query(() => ApiKeyConnection, { description: "The account's keys, ended ones too." })
  async apiKeys(@Args(() => PageArguments) page: PageArguments, @Ctx() context: Context) {
    const keys = await pageOfKeys(context.services.db, viewerOf(context).accountId, pageArgs(page));
    return connectionOf(keys, (key): ApiKeyType => key);
  }

  @Mutation(() => NewApiKey, {
    description: `Makes a key; its secret is shown this once. For an account with ${validKeysMax} valid ones it is \`QUOTA_EXCEEDED\`.`,
  })
  async createApiKey(
    @Arg("input", () => CreateApiKeyInput, { description: "What it is for." }) { name, expiresAt }: CreateApiKeyInput,
    @Ctx() context: Context,
  ): Promise<NewApiKey> {
    const { accountId } = activeViewerOf(context);
    const { db, clock } = context.services;
    if (expiresAt != null && expiresAt <= clock.date())
      throw new Refused("BAD_INPUT", "expiresAt lies in the past: a key would end before it begins");
    return createKey(db, { accountId, name, ...(expiresAt && { expiresAt }) }, actOf(context), validKeysMax);
  }

  @Mutation(() => NewApiKey, { description: "Makes a key in place of another, which ends at once." })
  async rotateApiKey(
    @Arg("id", () => ID, { description: "Of a key of the account." }) id: string,
    @Ctx() context: Context,
  ): Promise<NewApiKey> {
    const { accountId } = activeViewerOf(context);
    const rotated = await rotateKey(context.services.db, accountId, id, actOf(context));
    context.services.standings.keyEnded(id);
    return rotated;
  }

  @Mutation(() => Boolean, {
    description: "Ends a key at once; its sockets are closed. False when it had ended already.",
  })
  async revokeApiKey(
    @Arg("id", () => ID, { description: "Of a key of the account." }) id: string,
    @Ctx() context: Context,
  ): Promise<boolean> {
    const { accountId } = activeViewerOf(context);
    const revoked = await revokeKey(context.services.db, accountId, id, actOf(context));
    if (revoked) context.services.standings.keyEnded(id);
    return revoked;
  }
}

function actOf(context: Context) {
  const { accountId, keyId } = viewerOf(context);
  return { actor: keyId ?? accountId, at: context.services.clock.date() };
}
