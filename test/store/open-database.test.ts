import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  applyWithEngine,
  currentSchema,
  databaseKinds,
  diffSchemas,
  migratedSchema,
  openSchemaEngine,
} from "../../scripts/schema-diff.ts";
import { findAccount } from "../../src/store/accounts.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { anAccount, anEdit, describeEach, later } from "./databases.ts";

describe.each(databaseKinds)("migrations for %s", (kind) => {
  it("lead to the models as they are", async () => {
    const engine = await openSchemaEngine(kind);
    expect(await diffSchemas(engine, migratedSchema(kind), currentSchema(kind))).toBe("");
  });

  it("are what their schemas say", async () => {
    const engine = await openSchemaEngine(kind);
    const migrations = await readMigrations(kind);
    expect(migrations.length).toBeGreaterThan(0);
    if (migrations.length === 1) {
      expect(await diffSchemas(engine, undefined, currentSchema(kind))).toBe(migrations[0]!.sql);
    }
  });
});

describeEach("opening a database", (make) => {
  it("makes its tables once, however many come at once", async () => {
    await using fresh = await make();
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase(fresh.url)));
    const [first, second] = opened;
    const accountId = await anAccount(first!);
    expect(await findAccount(second!, accountId)).toMatchObject({ id: accountId });
    const known = await readMigrations(first!.kind);
    const rows = await first!.client.$queryRawUnsafe("SELECT migration_name AS name FROM _prisma_migrations");
    expect(rows).toEqual(known.map(({ name }) => ({ name })));
    for (const db of opened) await db[Symbol.asyncDispose]();
    await using again = await openDatabase(fresh.url);
    await again.ping();
    expect(await migrate(again)).toEqual([]);
    expect(await findAccount(again, accountId)).toMatchObject({ id: accountId });
  });

  it("leaves nothing for Prisma's own engine to do", async () => {
    await using fresh = await make();
    const db = await openDatabase(fresh.url);
    const { kind } = db;
    await db[Symbol.asyncDispose]();
    const engine = await openSchemaEngine(kind, fresh.url);
    expect(await applyWithEngine(engine, kind, await readMigrations(kind))).toEqual([]);
  });

  it("leaves of several appeals of one edit the first with it, and the others as cases", async () => {
    await using fresh = await make();
    await using db = await openDatabase(fresh.url, { migrate: false });
    const known = await readMigrations(db.kind);
    await migrate(
      db,
      known.filter(({ name }) => name < "0007"),
    );
    const accountId = await anAccount(db);
    const { id: editId } = await anEdit(db, accountId);
    const row = { accountId, editId, category: "HATE", createdAt: later() };
    const kinds = { a: "HOLD", b: "APPEAL", c: "APPEAL", d: "REPORT", e: "APPEAL" } as const;
    await db.client.case.createMany({ data: Object.entries(kinds).map(([id, kind]) => ({ ...row, id, kind })) });
    await migrate(db);
    const cases = await db.client.case.findMany({ orderBy: { id: "asc" } });
    expect(cases.filter((one) => one.editId === editId).map(({ id }) => id)).toEqual(["a", "b", "d"]);
    expect(cases).toHaveLength(5);
  });

  it("undoes migrations that fail, rebuilds tables without loss, and refuses what it does not know", async () => {
    await using fresh = await make();
    await using db = await openDatabase(fresh.url);
    const accountId = await anAccount(db);
    await anEdit(db, accountId);
    const known = await readMigrations(db.kind);
    const table = {
      name: "0002_table",
      sql: 'CREATE TABLE "Extra" ("id" TEXT);\nINSERT INTO "Extra" VALUES (\'a;b\');\n',
    };
    const broken = { name: "0003_broken", sql: 'ALTER TABLE "Extra" ADD COLUMN "n" INTEGER;\nDROP TABLE "Missing";\n' };
    await expect(migrate(db, [...known, table, broken])).rejects.toThrow(/^migration 0003_broken failed/);
    await expect(db.client.$queryRawUnsafe('SELECT * FROM "Extra"')).rejects.toThrow();
    expect(await migrate(db, [...known, table])).toEqual(["0002_table"]);
    expect(await db.client.$queryRawUnsafe('SELECT * FROM "Extra"')).toEqual([{ id: "a;b" }]);
    await expect(migrate(db)).rejects.toThrow(
      /^the database holds migration 0002_table, which this version does not know/,
    );
    const changed = { ...table, sql: `${table.sql}\n` };
    await expect(migrate(db, [...known, changed])).rejects.toThrow(/0002_table, whose file was changed since/);
    expect(await findAccount(db, accountId)).toMatchObject({ id: accountId });
  });
});

describe("a database file", () => {
  const folder = mkdtempSync(join(tmpdir(), "pentimento-store-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is synced at every commit, also after transactions", async () => {
    await using db = await openDatabase(`file:${join(folder, "synced.db")}`);
    const settings = async () => {
      const read = async (name: string) =>
        Object.values((await db.client.$queryRawUnsafe<object[]>(`PRAGMA ${name}`))[0]!)[0];
      return [await read("journal_mode"), await read("synchronous"), await read("foreign_keys")].map(String);
    };
    expect(await settings()).toEqual(["wal", "2", "1"]);
    await anEdit(db, await anAccount(db));
    await expect(db.write(() => Promise.reject(new Error("undone")))).rejects.toThrow("undone");
    expect(await settings()).toEqual(["wal", "2", "1"]);
    expect(await db.write((tx) => tx.$queryRawUnsafe("PRAGMA synchronous"))).toMatchObject([{ synchronous: 2 }]);
  });

  it("may have any name, and gets a folder that others cannot enter", async () => {
    const path = join(folder, "a folder", "50% #1?.db");
    await using db = await openDatabase(`file:${encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F")}`);
    await db.ping();
    expect(statSync(path).isFile()).toBe(true);
    expect(statSync(join(folder, "a folder")).mode & 0o077).toBe(0);
  });

  it("is its owner's alone, with the log beside it, also one that was open to others", async () => {
    const path = join(folder, "private.db");
    const modes = () => ["", "-wal", "-shm"].map((ending) => statSync(`${path}${ending}`).mode & 0o777);
    const open = async () => {
      await using db = await openDatabase(`file:${path}`);
      await anAccount(db);
      expect(modes()).toEqual([0o600, 0o600, 0o600]);
    };
    await open();
    chmodSync(path, 0o644);
    await open();
  });

  it("rebuilds a table that others point to without losing a row", async () => {
    await using db = await openDatabase(`file:${join(folder, "rebuilt.db")}`);
    const { id } = await anEdit(db, await anAccount(db));
    await db.client.editEvent.create({ data: { editId: id, seq: 1, kind: "resumed", body: {}, at: later() } });
    const [{ sql } = { sql: "" }] = await db.client.$queryRawUnsafe<{ sql: string }[]>(
      "SELECT sql FROM sqlite_master WHERE name = 'Edit'",
    );
    const rebuild = `${sql.replace('"Edit"', '"new_Edit"')};
INSERT INTO "new_Edit" SELECT * FROM "Edit";
DROP TABLE "Edit";
ALTER TABLE "new_Edit" RENAME TO "Edit";
`;
    const known = await readMigrations("sqlite");
    await migrate(db, [...known, { name: "0002_rebuild", sql: rebuild }]);
    expect(await db.client.edit.count()).toBe(1);
    expect(await db.client.editEvent.count()).toBe(1);
    const broken = { name: "0003_orphans", sql: 'DELETE FROM "Edit";\n' };
    const all = [...known, { name: "0002_rebuild", sql: rebuild }, broken];
    await expect(migrate(db, all)).rejects.toThrow(/1 rows of EditEvent would point to nothing/);
    expect(await db.client.edit.count()).toBe(1);
  });

  it("is refused with its name and the reason when it is none", async () => {
    const path = join(folder, "text.db");
    writeFileSync(path, "this is no database, and long enough to be looked at: ".repeat(100));
    await expect(openDatabase(`file:${path}`)).rejects.toThrow(`the database ${path} cannot be opened: `);
    const taken = join(folder, "taken.db");
    mkdirSync(taken);
    await expect(openDatabase(`file:${taken}`)).rejects.toThrow(`the database ${taken} cannot be opened: `);
  });
});

describe("a database URL", () => {
  it.each(["", "mysql://localhost/x", "/tmp/x.db", "file:"])("is refused when it is '%s'", async (url) => {
    await expect(openDatabase(url)).rejects.toMatchObject({ name: "Refused", code: "BAD_INPUT" });
  });

  it("of a server that does not answer fails without telling the password", async () => {
    const failure = await openDatabase("postgresql://me:secret@127.0.0.1:1/db").catch((error) => error);
    expect(failure).toMatchObject({ name: "Failed", code: "INTERNAL" });
    expect(failure.message).toMatch(/^the database db on 127.0.0.1:1 cannot be opened: ./);
    expect(failure.message).not.toContain("secret");
  });
});
