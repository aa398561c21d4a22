import { accountsOfOtherPolicies } from "../store/accounts.ts";
import type { Base } from "./base.ts";

/** Accounts that one line of the log names. */
const namedMax = 50;

/** Names the accounts whose policy the policy file does not have: they cannot edit, for no other policy stands in for it. */
export async function warnOfPolicies({ db, policies, log }: Pick<Base, "db" | "policies" | "log">): Promise<void> {
  const { count, accounts } = await accountsOfOtherPolicies(db, policies.names, namedMax);
  if (count === 0) return;
  const message = "accounts cannot edit: the policy file does not have their policy";
  log.warn(message, { count, accounts, policies: policies.names });
}
