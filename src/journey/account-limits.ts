import { type AccountLimits, accountLimitRanges } from "../core/account.ts";
import type { Act } from "../core/audit.ts";
import { Refused } from "../core/errors.ts";
import { type Account, setLimits } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";

/**
 * Gives an account other limits, by a server or beside one. They hold for every edit that is handed in from now on; what
 * is left out or is so already stays, and where nothing else is asked nothing is written down.
 *
 * @throws Refused BAD_INPUT listing every limit out of its range
 */
export async function limitAccount(
  db: Database,
  account: Account,
  limits: Partial<AccountLimits>,
  act: Act,
): Promise<Account> {
  const faults = limitNames.flatMap((name) => faultOf(name, limits[name]));
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("; "), faults);
  const changed = limitNames.filter((name) => limits[name] !== undefined && limits[name] !== account[name]);
  if (changed.length === 0) return account;
  return setLimits(db, account, Object.fromEntries(changed.map((name) => [name, limits[name]])), act);
}

/** Those that may be without an end. */
const open: readonly (keyof AccountLimits)[] = ["editsPerDayMax", "storageMegabytesMax"];

const limitNames = Object.keys(accountLimitRanges) as (keyof AccountLimits)[];

function faultOf(name: keyof AccountLimits, value: number | null | undefined): string[] {
  if (value === undefined || (value === null && open.includes(name))) return [];
  const [min, max] = accountLimitRanges[name];
  const whole = name !== "weight";
  if (value !== null && value >= min && value <= max && (!whole || Number.isInteger(value))) return [];
  return [`${name} is ${value}: ${whole ? "a whole number" : "a number"} from ${min} to ${max} is expected`];
}
