import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failed } from "../core/errors.ts";
import { projectFolder } from "../core/program.ts";
import type { Database, DatabaseKind, Transaction } from "./database.ts";
import { reasonOf } from "./faults.ts";

const prismaFolder = join(projectFolder, "prisma");

export interface Migration {
  /** The folder's name; they are applied in its order. */
  readonly name: string;
  readonly sql: string;
}

export async function readMigrations(kind: DatabaseKind): Promise<Migration[]> {
  const folder = join(prismaFolder, kind, "migrations");
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(join(folder, name, "migration.sql"), "utf8") })),
  );
}

/**
 * Applies what is missing, all in one transaction: a process that dies leaves the tables as they were. The table of what was
 * applied is Prisma's own, so that its tools can read it.
 */
export async function migrate(database: Database, migrations?: readonly Migration[]): Promise<string[]> {
  const known = migrations ?? (await readMigrations(database.kind));
  const { client, kind } = database;
  // Rebuilding a table drops the old one, which must not touch the rows that point to it. Has no effect in a transaction.
  if (kind === "sqlite") await client.$queryRawUnsafe("PRAGMA foreign_keys = OFF");
  try {
    return await client.$transaction((tx) => applyMissing(tx, kind, known), {
      maxWait: migrationMsMax,
      timeout: migrationMsMax,
    });
  } finally {
    if (kind === "sqlite") await client.$queryRawUnsafe("PRAGMA foreign_keys = ON");
  }
}

/** Minutes, because an index over a table of millions is slow to make. */
const migrationMsMax = 10 * 60_000;

async function applyMissing(tx: Transaction, kind: DatabaseKind, known: readonly Migration[]): Promise<string[]> {
  // SQLite's transaction has the file's one write lock already.
  if (kind === "postgresql") {
    await tx.$executeRawUnsafe("SET LOCAL statement_timeout = 0");
    await tx.$executeRawUnsafe(`SELECT pg_advisory_xact_lock(${advisoryLock})`);
  }
  await tx.$executeRawUnsafe(appliedTable(kind === "sqlite" ? "DATETIME" : "TIMESTAMPTZ"));
  const applied = await tx.$queryRawUnsafe<{ name: string; checksum: string }[]>(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  );
  checkApplied(applied, known);
  const missing = known.filter(({ name }) => !applied.some((row) => row.name === name));
  for (const migration of missing) await apply(tx, kind, migration);
  return missing.map(({ name }) => name);
}

function checkApplied(applied: readonly { name: string; checksum: string }[], known: readonly Migration[]): void {
  for (const { name, checksum } of applied) {
    const migration = known.find((candidate) => candidate.name === name);
    const wrong =
      migration === undefined
        ? "which this version does not know: start the version that made it, or a later one"
        : checksumOf(migration) !== checksum
          ? "whose file was changed since: restore prisma/ as it was released"
          : undefined;
    if (wrong !== undefined) {
      throw new Failed("INTERNAL", `the database holds migration ${name}, ${wrong}`, { retryable: false });
    }
  }
}

async function apply(tx: Transaction, kind: DatabaseKind, migration: Migration): Promise<void> {
  try {
    for (const statement of statementsOf(migration.sql)) await tx.$executeRawUnsafe(statement);
    if (kind === "sqlite") await checkForeignKeys(tx);
  } catch (cause) {
    throw new Failed("INTERNAL", `migration ${migration.name} failed: ${reasonOf(cause)}`, { retryable: false, cause });
  }
  const placeholders = kind === "sqlite" ? ["?", "?", "?"] : ["$1", "$2", "$3"];
  await tx.$executeRawUnsafe(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES (${placeholders.join(", ")}, CURRENT_TIMESTAMP, 1)`,
    randomUUID(),
    checksumOf(migration),
    migration.name,
  );
}

async function checkForeignKeys(tx: Transaction): Promise<void> {
  const broken = await tx.$queryRawUnsafe<{ table: string }[]>("PRAGMA foreign_key_check");
  if (broken.length > 0) throw new Error(`${broken.length} rows of ${broken[0]!.table} would point to nothing`);
}

/** Of a migration file: each ends with a semicolon at the end of a line. Databases take them one by one. */
function statementsOf(sql: string): string[] {
  return sql
    .replace(/^--.*$/gm, "")
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

function checksumOf({ sql }: Migration): string {
  return createHash("sha256").update(sql).digest("hex");
}

/** Prisma's number for the same purpose. */
const advisoryLock = 72_707_369;

const appliedTable = (moment: string) => `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id TEXT PRIMARY KEY NOT NULL,
  checksum TEXT NOT NULL,
  finished_at ${moment},
  migration_name TEXT NOT NULL,
  logs TEXT,
  rolled_back_at ${moment},
  started_at ${moment} NOT NULL DEFAULT CURRENT_TIMESTAMP,
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;
