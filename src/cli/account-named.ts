import { Refused } from "../core/errors.ts";
import { type Account, findAccountByName } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";

/** The account that an argument names. Throws `Refused` NOT_FOUND. */
export async function accountNamed(db: Database, name: string): Promise<Account> {
  const account = await findAccountByName(db, name);
  if (account === null)
    throw new Refused("NOT_FOUND", `there is no account "${name}"; pentimento account list shows them all`);
  return account;
}
