import type { Role } from "../core/account.ts";
import type { Act } from "../core/audit.ts";
import { Refused } from "../core/errors.ts";
import { type Account, setRole } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";

/**
 * Gives an account another role, by a server or beside one. It holds for every request from now on, and for sockets
 * within seconds; the one that it has already changes nothing, and is not written down.
 *
 * @throws Refused BAD_INPUT when an account asks it of itself: the last administrator would lock everybody out
 */
export async function giveRole(db: Database, account: Account, role: Role, act: Act): Promise<Account> {
  if (account.role === role) return account;
  if (account.id === act.actor)
    throw new Refused("BAD_INPUT", "accountId: nobody changes their own role; ask another administrator");
  return setRole(db, account, role, act);
}
