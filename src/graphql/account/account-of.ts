import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import { type Account, findAccount } from "../../store/accounts.ts";
import type { Database } from "../../store/database.ts";

/** The account that an argument names. Throws `Refused` NOT_FOUND. */
export async function accountOf(db: Database, accountId: string): Promise<Account> {
  const account = isId(accountId) ? await findAccount(db, accountId) : null;
  if (account !== null) return account;
  throw new Refused("NOT_FOUND", `there is no account "${accountId.slice(0, 40)}"`);
}
