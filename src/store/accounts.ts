import { type AccountLimits, accountStatuses, checkName, type Role } from "../core/account.ts";
import type { Act, AuditKind } from "../core/audit.ts";
import { assert, Refused } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import { auditStatements, writeAudit } from "./audit-events.ts";
import type { Database } from "./database.ts";
import { isConflict } from "./faults.ts";
import type { Account, Prisma } from "./generated/sqlite/client.ts";
import { storable, updateStanding } from "./statement.ts";

export type { Account } from "./generated/sqlite/client.ts";

export interface NewAccount extends Partial<AccountLimits> {
  /** As `checkName` has it, unlike every other account's. */
  readonly name: string;
  readonly role?: Role;
  readonly policy?: string;
}

/** Throws `Refused` BAD_INPUT when the name is taken, none, or cannot be stored. */
export async function createAccount(db: Database, account: NewAccount, { actor, at }: Act): Promise<Account> {
  checkName("name", storable("name", account.name));
  const id = newId(at);
  try {
    return await db.write(async (tx) => {
      const created = await tx.account.create({ data: { ...account, id, createdAt: at } });
      const details = { name: created.name, role: created.role };
      await writeAudit(tx, [{ ...about(id, "account.created"), actor, details }], at);
      return created;
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new Refused("BAD_INPUT", `name: the account "${account.name}" exists already`);
  }
}

export function findAccount(db: Database, id: string): Promise<Account | null> {
  return db.client.account.findUnique({ where: { id } });
}

export function findAccountByName(db: Database, name: string): Promise<Account | null> {
  return db.client.account.findUnique({ where: { name } });
}

/** In no particular order; ids of no account are left out. */
export function findAccounts(db: Database, ids: readonly string[]): Promise<Account[]> {
  return db.client.account.findMany({ where: { id: { in: [...ids] } } });
}

/** All accounts, in the order in which they were made. */
export async function* listAccounts(db: Database): AsyncGenerator<Account> {
  for (let after = ""; ; ) {
    const query = { where: { id: { gt: after } }, orderBy: { id: "asc" }, take: accountsPerQuery } as const;
    const rows = await db.client.account.findMany(query);
    yield* rows;
    if (rows.length < accountsPerQuery) return;
    after = rows.at(-1)!.id;
  }
}

const accountsPerQuery = 1_000;

/** Whoever may not edit now. */
export async function suspendedAccountIds(db: Database): Promise<string[]> {
  const rows = await db.client.account.findMany({ where: { status: "SUSPENDED" }, select: { id: true } });
  return rows.map(({ id }) => id);
}

/** Whoever has a policy that is not one of these: how many they are, and the first of them in the order of ids. */
export async function accountsOfOtherPolicies(
  db: Database,
  policies: readonly string[],
  limit: number,
): Promise<{ count: number; accounts: { id: string; policy: string }[] }> {
  const where = { policy: { notIn: [...policies] } };
  const [count, accounts] = await Promise.all([
    db.client.account.count({ where }),
    db.client.account.findMany({ where, select: { id: true, policy: true }, orderBy: { id: "asc" }, take: limit }),
  ]);
  return { count, accounts };
}

/** The account has agreed to this version of the policy. */
export async function acceptPolicy(db: Database, id: string, version: string, act: Act): Promise<Account> {
  return change(db, id, { policyVersionAccepted: version }, "policy.accepted", { version }, act);
}

/** Returns false when it is suspended already. */
export function suspendAccount(db: Database, id: string, reason: string, act: Act): Promise<boolean> {
  const data = { status: "SUSPENDED", suspendedReason: reason, suspendedAt: act.at } as const;
  const entry = { kind: "account.suspended", details: { reason } } as const;
  return move(db, { id, statuses: ["ACTIVE"] }, data, entry, act);
}

/** Returns false when it is not suspended. */
export function reinstateAccount(db: Database, id: string, reason: string, act: Act): Promise<boolean> {
  const data = { status: "ACTIVE", suspendedReason: null, suspendedAt: null, reinstatedAt: act.at } as const;
  const entry = { kind: "account.reinstated", details: { reason } } as const;
  return move(db, { id, statuses: ["SUSPENDED"] }, data, entry, act);
}

export async function setPromptInCredentials(db: Database, id: string, value: boolean, act: Act): Promise<Account> {
  return change(db, id, { promptInCredentials: value }, "account.changed", { promptInCredentials: value }, act);
}

/** The policy is one of the policy file: whoever calls has looked. */
export function setPolicy(db: Database, { id, policy: before }: Account, policy: string, act: Act): Promise<Account> {
  return change(db, id, { policy }, "account.changed", { policy, before }, act);
}

export function setRole(db: Database, { id, role: before }: Account, role: Role, act: Act): Promise<Account> {
  return change(db, id, { role }, "account.changed", { role, before }, act);
}

/** Holds for every edit that is handed in from now on. What is left out stays as it is; whoever calls has checked ranges. */
export function setLimits(db: Database, account: Account, limits: Partial<AccountLimits>, act: Act): Promise<Account> {
  const names = Object.keys(limits) as (keyof AccountLimits)[];
  const before = Object.fromEntries(names.map((name) => [name, account[name]]));
  return change(db, account.id, limits, "account.changed", { ...limits, before }, act);
}

type Details = Readonly<Record<string, unknown>>;

const about = (id: string, kind: AuditKind) =>
  ({ kind, subjectKind: "account", subjectId: id, accountId: id }) as const;

async function change(
  db: Database,
  id: string,
  data: Prisma.AccountUpdateManyMutationInput,
  kind: AuditKind,
  details: Details,
  act: Act,
): Promise<Account> {
  assert(await move(db, { id, statuses: accountStatuses }, data, { kind, details }, act), `account ${id} exists`);
  return db.client.account.findUniqueOrThrow({ where: { id } });
}

/** Returns false, and writes nothing, where the account does not stand so. */
function move(
  db: Database,
  standing: { readonly id: string; readonly statuses: readonly Account["status"][] },
  data: Prisma.AccountUpdateManyMutationInput,
  { kind, details }: { readonly kind: AuditKind; readonly details: Details },
  { actor, at }: Act,
): Promise<boolean> {
  return db.batch([
    updateStanding("Account", standing, data as Partial<Account>),
    ...auditStatements([{ ...about(standing.id, kind), actor, details }], at),
  ]);
}
