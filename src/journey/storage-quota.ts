import { Refused } from "../core/errors.ts";
import type { Account } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";
import { storedBytes } from "../store/images.ts";

const megabyte = 1e6;

/** Throws `Refused` QUOTA_EXCEEDED where an account's pictures fill what they may take; one more may go beyond it. */
export async function mustHaveRoom(
  db: Database,
  { id, storageMegabytesMax: max }: Pick<Account, "id" | "storageMegabytesMax">,
): Promise<void> {
  if (max === null) return;
  const bytes = await storedBytes(db, id);
  if (bytes < max * megabyte) return;
  const taken = Math.floor(bytes / megabyte);
  throw new Refused(
    "QUOTA_EXCEEDED",
    `the account's pictures take ${taken} MB of the ${max} MB that they may; delete some with deleteImage`,
  );
}
