import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { codeMinutes } from "../../core/account.ts";
import { dayMs } from "../../core/clock.ts";
import { Refused } from "../../core/errors.ts";
import { createKey } from "../../store/keys.ts";
import type { Context } from "../context.ts";
import { NewApiKey } from "../key/key.type.ts";

/** Days that a browser stays signed in. */
const sessionDays = 30;

@Resolver()
export class SignInResolver {
  @Mutation(() => NewApiKey, {
    description: `Turns the code of the studio's link, which opens once and for ${codeMinutes} minutes, into a key that lasts ${sessionDays} days. Needs no key itself.`,
  })
  async signIn(
    @Arg("code", () => String, { description: "From the link that the server printed." }) code: string,
    @Ctx() { services }: Context,
  ): Promise<NewApiKey> {
    const accountId = services.signIn.redeem(code);
    if (accountId === undefined)
      throw new Refused(
        "UNAUTHENTICATED",
        `the code is wrong, was used or is older than ${codeMinutes} minutes; sign in with a key, or restart the server`,
      );
    const at = services.clock.date();
    const expiresAt = new Date(at.getTime() + sessionDays * dayMs);
    return createKey(services.db, { accountId, name: "studio", expiresAt }, { actor: accountId, at });
  }
}
