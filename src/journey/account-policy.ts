import type { Act } from "../core/audit.ts";
import { Refused } from "../core/errors.ts";
import type { Policies } from "../moderation/policies.ts";
import { type Account, setPolicy } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";

/**
 * Gives an account another policy of the policy file, by a server or beside one. It holds for every edit that is handed in
 * from now on, once the account accepts its version; what it has already changes nothing, and is not written down.
 *
 * @throws Refused BAD_INPUT with the names there are, where the policy file has none of this name
 */
export async function givePolicy(
  db: Database,
  policies: Policies,
  account: Account,
  policy: string,
  act: Act,
): Promise<Account> {
  if (!policies.names.includes(policy))
    throw new Refused(
      "BAD_INPUT",
      `policy: the policy file has no "${policy.slice(0, 40)}"; it has ${policies.names.join(", ")}`,
    );
  return account.policy === policy ? account : setPolicy(db, account, policy, act);
}
