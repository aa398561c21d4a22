import { Command } from "commander";
import { isReachedByOthers, readServerEnvironment } from "../config/environment.ts";
import { checkName, localAccount, type Role, roles } from "../core/account.ts";
import { dayMs, wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { createAccount, findAccountByName } from "../store/accounts.ts";
import { createKey, listKeys, revokeKey } from "../store/keys.ts";
import { accountNamed } from "./account-named.ts";
import { table } from "./format.ts";
import { oneOf, wholeNumber, within } from "./option-values.ts";
import { withDatabase } from "./with-database.ts";

/** `pentimento key`: keys for programs and people, made beside the server, in its database. */
export function keyCommand(): Command {
  return new Command("key")
    .description("Make, list and end the keys that open the API.")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addHelpText("after", help);
}

const help = `
Examples:
  pentimento key create --account web --name "shop front"     the key is printed this once
  pentimento key create --account anna --role MODERATOR --days 90
  pentimento key list --account web
  pentimento key revoke <id> --account web

A key is sent as "Authorization: Bearer <key>", over WebSocket in connectionParams { authorization }.
The database is the server's own: PENTIMENTO_DATA or DATABASE_URL. A revoked key ends at once, its open sockets within
a few seconds when the server runs.`;

function createCommand(): Command {
  return new Command("create")
    .description("Make a key; the account is made too when there is none of this name.")
    .option("--account <name>", "whose key it is", localAccount.name)
    .option("--name <text>", "what it is for", "command line")
    .option(
      "--role <role>",
      `of an account that is made now: ${roles.join(", ")} (default: "USER"; "ADMIN" for local, where others cannot reach the server)`,
    )
    .option("--days <n>", "after which it ends by itself (default: never)", within("--days", 1, 3650, wholeNumber))
    .action(async ({ account, name, role, days: count }: CreateOptions) => {
      checkName("--account", account);
      checkName("--name", name);
      const asked = role === undefined ? undefined : oneOf("--role", role, roles);
      await withDatabase(async (db) => {
        const at = wallClock.date();
        const act = { actor: "server", at };
        const known = await findAccountByName(db, account);
        if (known !== null && asked !== undefined && asked !== known.role)
          throw new Refused("BAD_INPUT", `--role ${asked}: ${account} is ${known.role}; see pentimento account role`);
        const owner = known ?? (await createAccount(db, { name: account, role: asked ?? defaultRole(account) }, act));
        const expiresAt = count === undefined ? {} : { expiresAt: new Date(at.getTime() + count * dayMs) };
        const { key, secret } = await createKey(db, { accountId: owner.id, name, ...expiresAt }, act);
        process.stderr.write(`key ${key.id} of account ${account} (${owner.role}); it is shown this once:\n`);
        console.log(secret);
      });
    });
}

/** Of an account that is made now. The local one is the same whether its first key or the first start makes it. */
function defaultRole(account: string): Role {
  const isLocal = account === localAccount.name && !isReachedByOthers(readServerEnvironment());
  return isLocal ? localAccount.role : "USER";
}

interface CreateOptions {
  readonly account: string;
  readonly name: string;
  readonly role?: string;
  readonly days?: number;
}

function listCommand(): Command {
  return new Command("list")
    .description("List an account's keys, ended ones too.")
    .option("--account <name>", "whose", localAccount.name)
    .action(async ({ account }: { account: string }) => {
      await withDatabase(async (db) => {
        const keys = await listKeys(db, (await accountNamed(db, account)).id);
        const rows = keys.map(({ id, prefix, name, createdAt, expiresAt, revokedAt }) => [
          id,
          `${prefix}…`,
          name,
          createdAt.toISOString().slice(0, 10),
          revokedAt ? "revoked" : expiresAt ? `until ${expiresAt.toISOString().slice(0, 10)}` : "valid",
        ]);
        console.log(table([["id", "key", "name", "made", "state"], ...rows]));
      });
    });
}

function revokeCommand(): Command {
  return new Command("revoke")
    .description("End a key at once.")
    .argument("<id>", "as list shows it")
    .option("--account <name>", "whose", localAccount.name)
    .action(async (id: string, { account }: { account: string }) => {
      await withDatabase(async (db) => {
        const act = { actor: "server", at: wallClock.date() };
        if (!(await revokeKey(db, (await accountNamed(db, account)).id, id, act)))
          throw new Refused("NOT_FOUND", `the account "${account}" has no valid key ${id}`);
        console.log(`key ${id} is revoked`);
      });
    });
}
