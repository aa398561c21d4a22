import { createHash } from "node:crypto";
import { checkName, type Role, type Viewer } from "../core/account.ts";
import type { Act, AuditKind } from "../core/audit.ts";
import { Refused } from "../core/errors.ts";
import { isId, newId } from "../core/id.ts";
import { randomSecret } from "../core/random.ts";
import { writeAudit } from "./audit-events.ts";
import type { Database, Transaction } from "./database.ts";
import type { ApiKey } from "./generated/sqlite/client.ts";
import { type Page, type PageArgs, pageOf, pageQuery } from "./page.ts";
import { storable } from "./statement.ts";

/** A key as it may be shown: all but what it is. */
export type ShownKey = Omit<ApiKey, "digest">;

export interface NewKey {
  readonly accountId: string;
  /** What it is for; as `checkName` has it. */
  readonly name: string;
  readonly expiresAt?: Date;
}

/**
 * Makes a key. Its secret is returned this once and kept nowhere. Throws `Refused` BAD_INPUT for a name that is none or
 * cannot be stored, QUOTA_EXCEEDED when the account would have more than `validMax` valid keys; left out, any number.
 */
export async function createKey(
  db: Database,
  key: NewKey,
  act: Act,
  validMax?: number,
): Promise<{ key: ShownKey; secret: string }> {
  checkName("name", storable("name", key.name));
  return db.write(async (tx) => {
    if (validMax !== undefined) await mustHaveRoom(tx, key.accountId, act.at, validMax);
    return insertKey(tx, key, "key.created", {}, act);
  });
}

export interface Authenticated {
  readonly viewer: Viewer;
  /** Whoever is suspended may look at what there is, and begin nothing. */
  readonly suspended: boolean;
}

/** Whose key this is; undefined for one that is unknown, expired or revoked. */
export async function authenticate(db: Database, secret: string, at: Date): Promise<Authenticated | undefined> {
  if (!secretForm.test(secret)) return undefined;
  const key = await db.client.apiKey.findUnique({
    where: { digest: digestOf(secret) },
    select: { ...shown, account: { select: { role: true, status: true } } },
  });
  if (key === null || !isValid(key, at)) return undefined;
  const { account, accountId, id } = key;
  return { viewer: { accountId, keyId: id, role: account.role }, suspended: account.status === "SUSPENDED" };
}

/** Newest first, expired and revoked ones too. */
export function listKeys(db: Database, accountId: string): Promise<ShownKey[]> {
  const orderBy = [{ createdAt: "desc" }, { id: "desc" }] as const;
  return db.client.apiKey.findMany({ where: { accountId }, select: shown, orderBy: [...orderBy] });
}

/** A part of the same. */
export async function pageOfKeys(db: Database, accountId: string, page: PageArgs): Promise<Page<ShownKey>> {
  const { where, ...query } = pageQuery(page, "createdAt");
  const rows = await db.client.apiKey.findMany({ ...query, where: { accountId, ...where }, select: shown });
  return pageOf(rows, page, ({ createdAt }) => createdAt);
}

/** In no particular order; ids of no key are left out. */
export function findKeys(db: Database, ids: readonly string[]): Promise<ShownKey[]> {
  return db.client.apiKey.findMany({ where: { id: { in: [...ids] } }, select: shown });
}

/** How the keys stand now that these viewers came with: null for one that was revoked or whose time is over. */
export async function rolesOfKeys(
  db: Database,
  viewers: readonly Viewer[],
  at: Date,
): Promise<Map<string, Role | null>> {
  const ids = viewers.flatMap(({ keyId }) => keyId ?? []);
  const select = { id: true, expiresAt: true, revokedAt: true, account: { select: { role: true } } } as const;
  const keys = await db.client.apiKey.findMany({ where: { id: { in: ids } }, select });
  return new Map(keys.map((key) => [key.id, isValid(key, at) ? key.account.role : null]));
}

/** Ends a key at once. Returns false when the account has no such key or it had ended already. */
export function revokeKey(db: Database, accountId: string, keyId: string, act: Act): Promise<boolean> {
  return db.write(async (tx) => {
    const revoked = await endKey(tx, accountId, keyId, act.at);
    if (revoked !== undefined) await writeAudit(tx, [entry(revoked, "key.revoked", {}, act)], act.at);
    return revoked !== undefined;
  });
}

/** A new key in place of another, which ends at once. Throws `Refused` NOT_FOUND as `revokeKey` returns false. */
export function rotateKey(
  db: Database,
  accountId: string,
  keyId: string,
  act: Act,
): Promise<{ key: ShownKey; secret: string }> {
  return db.write(async (tx) => {
    const ended = await endKey(tx, accountId, keyId, act.at);
    if (ended === undefined) throw new Refused("NOT_FOUND", `the account has no valid key "${keyId.slice(0, 40)}"`);
    const { name, expiresAt } = ended;
    const successor = { accountId, name, ...(expiresAt === null ? {} : { expiresAt }) };
    return insertKey(tx, successor, "key.rotated", { replaces: keyId }, act);
  });
}

/** `pk_` and 256 random bits in base64url. */
const secretForm = /^pk_[\w-]{43}$/;
/** Enough to tell keys apart, far too little to guess the rest. */
const prefixLength = 9;

const shown = {
  id: true,
  accountId: true,
  name: true,
  prefix: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const;

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isValid({ revokedAt, expiresAt }: Pick<ApiKey, "revokedAt" | "expiresAt">, at: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > at);
}

async function mustHaveRoom(tx: Transaction, accountId: string, at: Date, validMax: number): Promise<void> {
  // Of two at once one waits here until the other is stored, and then counts it.
  await tx.$executeRawUnsafe('UPDATE "Account" SET "weight" = "weight" WHERE "id" = $1', accountId);
  const valid = { accountId, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: at } }] };
  if ((await tx.apiKey.count({ where: valid })) < validMax) return;
  throw new Refused("QUOTA_EXCEEDED", `the account has ${validMax} valid keys or more; end some with revokeApiKey`);
}

async function insertKey(
  tx: Transaction,
  key: NewKey,
  kind: AuditKind,
  details: Readonly<Record<string, unknown>>,
  act: Act,
): Promise<{ key: ShownKey; secret: string }> {
  const secret = `pk_${randomSecret(32)}`;
  const created = await tx.apiKey.create({
    data: {
      ...key,
      id: newId(act.at),
      digest: digestOf(secret),
      prefix: secret.slice(0, prefixLength),
      createdAt: act.at,
    },
    select: shown,
  });
  await writeAudit(tx, [entry(created, kind, details, act)], act.at);
  return { key: created, secret };
}

async function endKey(tx: Transaction, accountId: string, id: string, at: Date): Promise<ShownKey | undefined> {
  const found = isId(id) ? await tx.apiKey.findUnique({ where: { id }, select: shown }) : null;
  if (found === null || found.accountId !== accountId || !isValid(found, at)) return undefined;
  const { count } = await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: at } });
  return count === 1 ? { ...found, revokedAt: at } : undefined;
}

function entry(key: ShownKey, kind: AuditKind, details: Readonly<Record<string, unknown>>, { actor }: Act) {
  const { id, accountId, name, prefix } = key;
  return {
    actor,
    kind,
    subjectKind: "key",
    subjectId: id,
    accountId,
    details: { name, prefix, ...details },
  } as const;
}
