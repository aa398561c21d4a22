import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { type AccountLimits, accountLimitRanges, roles } from "../core/account.ts";
import { wallClock } from "../core/clock.ts";
import { limitAccount } from "../journey/account-limits.ts";
import { givePolicy } from "../journey/account-policy.ts";
import { giveRole } from "../journey/account-role.ts";
import { Policies } from "../moderation/policies.ts";
import { type Account, listAccounts } from "../store/accounts.ts";
import { accountNamed } from "./account-named.ts";
import { table } from "./format.ts";
import { oneOf, wholeNumber, within } from "./option-values.ts";
import { withDatabase } from "./with-database.ts";

/** `pentimento account`: who may edit, how much, and under which policy; beside the server, in its database. */
export async function accountCommand(): Promise<Command> {
  return new Command("account")
    .description(
      "List the accounts, say what they may do and use, and choose the policy that their edits are judged by.",
    )
    .addCommand(listCommand())
    .addCommand(roleCommand())
    .addCommand(limitCommand())
    .addCommand(policyCommand(await policiesForHelp()))
    .addHelpText("after", help);
}

const help = `
Examples:
  pentimento account list
  pentimento account role anna MODERATOR
  pentimento account limit web --edits-a-day 200 --at-once 4
  pentimento account policy web strict

An account is made with its first key (pentimento key create). The database is the server's own: PENTIMENTO_DATA or
DATABASE_URL.`;

function listCommand(): Command {
  return new Command("list")
    .description(
      "Show each account: its role, its standing, its limits, its policy and which version of it was accepted.",
    )
    .action(async () => {
      const policies = await readPolicies();
      await withDatabase(async (db) => {
        const rows = [
          ["name", "id", "role", "status", "edits a day", "storage MB", "at once", "weight", "policy", "accepted"],
        ];
        for await (const account of listAccounts(db)) rows.push(rowOf(account, policies));
        console.log(table(rows));
      });
    });
}

function rowOf(account: Account, policies: Policies): string[] {
  const { name, id, role, status, policy, policyVersionAccepted } = account;
  const missing = policies.names.includes(policy) ? "" : " (not in the policy file)";
  return [name, id, role, status, ...limitsOf(account), `${policy}${missing}`, policyVersionAccepted ?? "none"];
}

function limitsOf({ editsPerDayMax, storageMegabytesMax, concurrencyMax, weight }: AccountLimits): string[] {
  return [editsPerDayMax ?? any, storageMegabytesMax ?? any, concurrencyMax, weight].map(String);
}

function roleCommand(): Command {
  return new Command("role")
    .description("Give an account another role, from its next request on; a server need not be restarted.")
    .argument("<account>", "its name")
    .argument("<role>", `${roles.join(", ")}; each may do what those before it may`)
    .addHelpText("after", roleHelp)
    .action(async (name: string, asked: string) => {
      const role = oneOf("<role>", asked, roles);
      await withDatabase(async (db) => {
        const account = await accountNamed(db, name);
        await giveRole(db, account, role, { actor: "server", at: wallClock.date() });
        const before = account.role === role ? "already" : `(before: ${account.role})`;
        console.log(`account ${name} has the role ${role} ${before}`);
      });
    });
}

const roleHelp = `
USER edits; AUDITOR also reads the audit log of all accounts; MODERATOR also decides what waits for a person and suspends;
ADMIN also sets policies, limits and roles. Sockets that the account has open are closed within a few seconds, for they
were opened with the role before. The change is written to the audit log. Over the API an administrator does the same
with setAccountRole.`;

const any = "any";

/** A whole number, or any. */
function numberOrAny(option: string, [min, max]: readonly [number, number]): (text: string) => number | typeof any {
  const parse = within(option, min, max, wholeNumber);
  return (text) => (text === any ? text : parse(text));
}

function limitCommand(): Command {
  const { weight, concurrencyMax, editsPerDayMax, storageMegabytesMax } = accountLimitRanges;
  return new Command("limit")
    .description("Say how much an account may use, from its next edit on; a server need not be restarted.")
    .argument("<account>", "its name")
    .option(
      "--edits-a-day <n>",
      "edits that it may hand in on one day, UTC, or any",
      numberOrAny("--edits-a-day", editsPerDayMax),
    )
    .option(
      "--storage-mb <n>",
      "megabytes that its pictures may take, or any",
      numberOrAny("--storage-mb", storageMegabytesMax),
    )
    .option("--at-once <n>", "its pictures that are made at once", within("--at-once", ...concurrencyMax, wholeNumber))
    .option("--weight <n>", "its share of the engine beside others; 1 is usual", within("--weight", ...weight))
    .addHelpText("after", limitHelp)
    .action(async (name: string, { editsADay, storageMb, atOnce, weight: share }: LimitOptions) => {
      const asked = {
        ...(editsADay !== undefined && { editsPerDayMax: editsADay === any ? null : editsADay }),
        ...(storageMb !== undefined && { storageMegabytesMax: storageMb === any ? null : storageMb }),
        ...(atOnce !== undefined && { concurrencyMax: atOnce }),
        ...(share !== undefined && { weight: share }),
      };
      await withDatabase(async (db) => {
        const account = await accountNamed(db, name);
        const given = await limitAccount(db, account, asked, { actor: "server", at: wallClock.date() });
        const [edits, storage, pictures, part] = limitsOf(given);
        console.log(`account ${name}: ${edits} edits a day, ${storage} MB, ${pictures} at once, weight ${part}`);
      });
    });
}

interface LimitOptions {
  readonly editsADay?: number | typeof any;
  readonly storageMb?: number | typeof any;
  readonly atOnce?: number;
  readonly weight?: number;
}

const limitHelp = `
What is left out stays as it is. An edit beyond the day's is refused with QUOTA_EXCEEDED, which says when there are more
(days are those of UTC); so are uploads and edits of an account whose pictures fill their room, until some are deleted, and
an edit fails with it that finds no room when its pictures are made.
The change is written to the audit log. Over the API an administrator does the same with setAccountLimits.`;

function policyCommand(names: string): Command {
  return new Command("policy")
    .description("Judge an account's edits by another policy, from now on; a server need not be restarted.")
    .argument("<account>", "its name")
    .argument("<policy>", names)
    .addHelpText("after", policyHelp)
    .action(async (name: string, policy: string) => {
      const policies = await readPolicies();
      await withDatabase(async (db) => {
        const account = await accountNamed(db, name);
        const given = await givePolicy(db, policies, account, policy, { actor: "server", at: wallClock.date() });
        if (account.policy === policy) return console.log(`account ${name} has the policy ${policy} already`);
        const { version } = policies.named(policy);
        const accepted = given.policyVersionAccepted === version;
        const next = accepted ? "which it has accepted" : `and edits again once it accepts ${version}`;
        console.log(`account ${name} has the policy ${policy} (before: ${account.policy}), ${next}`);
      });
    });
}

const policyHelp = `
Policies are written in the file that PENTIMENTO_POLICIES names; without one there is the built-in "default". The change is
written to the audit log. Over the API an administrator does the same with setAccountPolicy.`;

function readPolicies(): Promise<Policies> {
  return Policies.read(readServerEnvironment().policiesFile);
}

/** Help is shown whatever is wrong with the settings; running the command says what. */
async function policiesForHelp(): Promise<string> {
  try {
    return `one of ${(await readPolicies()).names.join(", ")}`;
  } catch {
    return "one of the policy file's, which cannot be read now";
  }
}
