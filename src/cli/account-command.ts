import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { givePolicy } from "../journey/account-policy.ts";
import { Policies } from "../moderation/policies.ts";
import { type Account, findAccountByName, listAccounts } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";
import { table } from "./format.ts";
import { withDatabase } from "./with-database.ts";

/** `pentimento account`: who may edit, and under which policy; beside the server, in its database. */
export async function accountCommand(): Promise<Command> {
  return new Command("account")
    .description("List the accounts, and choose the policy that their edits are judged by.")
    .addCommand(listCommand())
    .addCommand(policyCommand(await policiesForHelp()))
    .addHelpText("after", help);
}

const help = `
Examples:
  pentimento account list
  pentimento account policy web strict

An account is made with its first key (pentimento key create). The database is the server's own: PENTIMENTO_DATA or
DATABASE_URL.`;

function listCommand(): Command {
  return new Command("list")
    .description("Show each account: its role, its standing, its policy and which version of it was accepted.")
    .action(async () => {
      const policies = await readPolicies();
      await withDatabase(async (db) => {
        const rows = [["name", "id", "role", "status", "policy", "accepted"]];
        for await (const account of listAccounts(db)) rows.push(rowOf(account, policies));
        console.log(table(rows));
      });
    });
}

function rowOf({ name, id, role, status, policy, policyVersionAccepted }: Account, policies: Policies): string[] {
  const missing = policies.names.includes(policy) ? "" : " (not in the policy file)";
  return [name, id, role, status, `${policy}${missing}`, policyVersionAccepted ?? "none"];
}

function policyCommand(names: string): Command {
  return new Command("policy")
    .description("Judge an account's edits by another policy, from its next edit on; a server need not be restarted.")
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

async function accountNamed(db: Database, name: string): Promise<Account> {
  const account = await findAccountByName(db, name);
  if (account === null)
    throw new Refused("NOT_FOUND", `there is no account "${name}"; pentimento account list shows them all`);
  return account;
}
