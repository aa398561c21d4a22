import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { AccountLimits } from "../../src/core/account.ts";
import {
  acceptPolicy,
  createAccount,
  findAccount,
  findAccountByName,
  findAccounts,
  reinstateAccount,
  setLimits,
  setPromptInCredentials,
  suspendAccount,
  suspendedAccountIds,
} from "../../src/store/accounts.ts";
import type { Database } from "../../src/store/database.ts";
import { authenticate, createKey, listKeys, revokeKey, rotateKey } from "../../src/store/keys.ts";
import { anAccount, byServer, describeEach, later, opened } from "./databases.ts";

async function kindsOf(db: Database, subjectId: string): Promise<string[]> {
  const rows = await db.client.auditEvent.findMany({ where: { subjectId }, orderBy: [{ at: "asc" }] });
  return rows.map(({ kind }) => kind);
}

describeEach("accounts", (make) => {
  const store = opened(make);

  it("are made once per name, and found", async () => {
    const { db } = store;
    const name = randomUUID();
    const account = await createAccount(db, { name, role: "MODERATOR", weight: 2.5 }, byServer());
    expect(account).toMatchObject({ name, role: "MODERATOR", weight: 2.5, concurrencyMax: 16, status: "ACTIVE" });
    expect(await findAccount(db, account.id)).toEqual(account);
    expect(await findAccountByName(db, name)).toEqual(account);
    expect(await findAccounts(db, [account.id, "nobody"])).toEqual([account]);
    expect(await findAccount(db, "nobody")).toBeNull();
    await expect(createAccount(db, { name }, byServer())).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(createAccount(db, { name: "two\nlines" }, byServer())).rejects.toThrow(/^name has control characters/);
    const unnamed = createKey(db, { accountId: account.id, name: " " }, byServer());
    await expect(unnamed).rejects.toThrow(/^name is blank: 1 to 100 characters are expected$/);
    expect(await kindsOf(db, account.id)).toEqual(["account.created"]);
  });

  it("are suspended and reinstated, each once, with a trace", async () => {
    const { db } = store;
    const id = await anAccount(db);
    const act = byServer();
    expect(await suspendAccount(db, id, "three refusals", act)).toBe(true);
    expect(await suspendAccount(db, id, "again", byServer())).toBe(false);
    const suspended = { status: "SUSPENDED", suspendedReason: "three refusals", suspendedAt: act.at };
    expect(await findAccount(db, id)).toMatchObject(suspended);
    expect(await suspendedAccountIds(db)).toContain(id);
    expect(await reinstateAccount(db, id, "a mistake", byServer())).toBe(true);
    expect(await reinstateAccount(db, id, "again", byServer())).toBe(false);
    expect(await findAccount(db, id)).toMatchObject({ status: "ACTIVE", suspendedReason: null, suspendedAt: null });
    expect(await kindsOf(db, id)).toEqual(["account.created", "account.suspended", "account.reinstated"]);
  });

  it("are given limits, of which only what is named changes", async () => {
    const { db } = store;
    const id = await anAccount(db);
    const limited = (limits: Partial<AccountLimits>) =>
      findAccount(db, id).then((account) => setLimits(db, account!, limits, byServer()));
    expect(await limited({ editsPerDayMax: 20, weight: 0.5 })).toMatchObject({ editsPerDayMax: 20, weight: 0.5 });
    expect(await limited({ editsPerDayMax: null })).toMatchObject({ editsPerDayMax: null, weight: 0.5 });
    const rows = await db.client.auditEvent.findMany({ where: { subjectId: id }, orderBy: [{ at: "asc" }] });
    expect(rows.slice(1).map(({ kind, details }) => ({ kind, details }))).toEqual([
      {
        kind: "account.changed",
        details: { editsPerDayMax: 20, weight: 0.5, before: { editsPerDayMax: null, weight: 1 } },
      },
      { kind: "account.changed", details: { editsPerDayMax: null, before: { editsPerDayMax: 20 } } },
    ]);
  });

  it("agree to a policy and to their prompts being told", async () => {
    const { db } = store;
    const id = await anAccount(db);
    expect(await acceptPolicy(db, id, "2026-11-01", byServer())).toMatchObject({ policyVersionAccepted: "2026-11-01" });
    expect(await setPromptInCredentials(db, id, true, byServer())).toMatchObject({ promptInCredentials: true });
    expect(await findAccount(db, id)).toMatchObject({ policyVersionAccepted: "2026-11-01", promptInCredentials: true });
  });
});

describeEach("keys", (make) => {
  const store = opened(make);

  it("open their account, and are kept as digests", async () => {
    const { db } = store;
    const { id: accountId } = await createAccount(db, { name: randomUUID(), role: "AUDITOR" }, byServer());
    const { key, secret } = await createKey(db, { accountId, name: "ci" }, byServer());
    expect(secret).toMatch(/^pk_[\w-]{43}$/);
    expect(key.prefix).toBe(secret.slice(0, 9));
    const viewer = { accountId, keyId: key.id, role: "AUDITOR" };
    expect(await authenticate(db, secret, later())).toEqual({ viewer, suspended: false });
    await suspendAccount(db, accountId, "test", byServer());
    expect(await authenticate(db, secret, later())).toEqual({ viewer, suspended: true });
    expect(await listKeys(db, accountId)).toEqual([key]);
    const kept = JSON.stringify([await db.client.apiKey.findMany(), await db.client.auditEvent.findMany()]);
    expect(kept).not.toContain(secret.slice(12));
  });

  it("do not open when they are unknown, malformed, expired or revoked", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const expiresAt = later();
    const { secret } = await createKey(db, { accountId, name: "short", expiresAt }, byServer());
    expect(await authenticate(db, secret, new Date(expiresAt.getTime() - 1))).toBeDefined();
    expect(await authenticate(db, secret, expiresAt)).toBeUndefined();
    const other = await createKey(db, { accountId, name: "other" }, byServer());
    expect(await revokeKey(db, await anAccount(db), other.key.id, byServer())).toBe(false);
    expect(await revokeKey(db, accountId, other.key.id, byServer())).toBe(true);
    expect(await revokeKey(db, accountId, other.key.id, byServer())).toBe(false);
    for (const wrong of [other.secret, `pk_${"A".repeat(43)}`, "", "pk_", `${secret}=`, "' OR 1=1 --"]) {
      expect(await authenticate(db, wrong, later())).toBeUndefined();
    }
    expect(await kindsOf(db, other.key.id)).toEqual(["key.created", "key.revoked"]);
  });

  it("have names, as accounts do, that come back; and no key has an id that does not", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const refused = { code: "BAD_INPUT", message: expect.stringMatching(/^name: expected text without NUL/) };
    await expect(createKey(db, { accountId, name: "a\0b" }, byServer())).rejects.toMatchObject(refused);
    await expect(createAccount(db, { name: "a\0b" }, byServer())).rejects.toMatchObject(refused);
    expect(await revokeKey(db, accountId, "a\0b", byServer())).toBe(false);
  });

  it("are as many as are allowed, however many are made at once, not counting those that ended", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const create = (more: { expiresAt?: Date } = {}) =>
      createKey(db, { accountId, name: "ci", ...more }, byServer(), 3);
    await createKey(db, { accountId: await anAccount(db), name: "another's" }, byServer());
    await create({ expiresAt: later() });
    const { key: ended } = await create();
    expect(await revokeKey(db, accountId, ended.id, byServer())).toBe(true);
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => create({ expiresAt: new Date(3e12) })));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const refused = { code: "QUOTA_EXCEEDED", message: expect.stringContaining("has 3 valid keys") };
    await expect(create()).rejects.toMatchObject(refused);
    // Whoever runs the server is not bound; and a key in place of another is none more.
    const { key } = await createKey(db, { accountId, name: "sign-in" }, byServer());
    await expect(rotateKey(db, accountId, key.id, byServer())).resolves.toBeDefined();
    await expect(create()).rejects.toMatchObject(refused);
  });

  it("are rotated: the new one opens, the old one does not", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const old = await createKey(db, { accountId, name: "ci" }, byServer());
    const fresh = await rotateKey(db, accountId, old.key.id, byServer());
    expect(fresh.key).toMatchObject({ name: "ci", accountId, revokedAt: null });
    expect(await authenticate(db, old.secret, later())).toBeUndefined();
    expect(await authenticate(db, fresh.secret, later())).toBeDefined();
    await expect(rotateKey(db, accountId, old.key.id, byServer())).rejects.toMatchObject({ code: "NOT_FOUND" });
    const shown = { code: "NOT_FOUND", message: `the account has no valid key "${"k".repeat(40)}"` };
    await expect(rotateKey(db, accountId, "k".repeat(1_000), byServer())).rejects.toMatchObject(shown);
    const atOnce = await Promise.allSettled([1, 2, 3].map(() => rotateKey(db, accountId, fresh.key.id, byServer())));
    expect(atOnce.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});
