import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";

export const databaseKinds = ["sqlite", "postgresql"] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export type SchemaEngine = bindings.SchemaEngine;

/** All entities are ours. */
const filters = { externalTables: [], externalEnums: [] };
const prismaFolder = resolve(import.meta.dirname, "../prisma");

export function migrationsFolder(kind: DatabaseKind): string {
  return join(prismaFolder, kind, "migrations");
}

/** The models as they stand, with the header of one database. */
export function currentSchema(kind: DatabaseKind): string {
  const read = (...path: string[]) => readFileSync(join(prismaFolder, ...path), "utf8");
  return `${read(kind, "header.prisma")}\n${read("models.prisma")}`;
}

/** The models that the migrations lead to; undefined before the first. */
export function migratedSchema(kind: DatabaseKind): string | undefined {
  const folder = migrationsFolder(kind);
  const last = existsSync(folder) ? readdirSync(folder).sort().at(-1) : undefined;
  return last === undefined ? undefined : readFileSync(join(folder, last, "schema.prisma"), "utf8");
}

/** TypeScript knows WebAssembly only together with the whole of a browser. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
  };
};

// Prisma's schema engine as WebAssembly, so that no binary has to be downloaded; instantiated once, as its bindings demand.
const engineCode = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
const { instance } = await webAssembly.instantiate(readFileSync(engineCode.replace(/\.js$/, ".wasm")), {
  "./schema_engine_bg.js": bindings,
});
bindings.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

/** Without a URL the engine knows a dialect and no database, which is enough to compare schemas. */
export async function openSchemaEngine(kind: DatabaseKind, url?: string): Promise<SchemaEngine> {
  const adapter =
    kind === "sqlite"
      ? new PrismaLibSql({ url: url ?? ":memory:" })
      : url === undefined
        ? postgresqlDialect
        : new PrismaPg(url);
  return bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, bindMigrationAwareSqlAdapterFactory(adapter));
}

/** Answers the one question that the engine asks a PostgreSQL server before it compares schemas: its version. */
const postgresqlDialect: SqlMigrationAwareDriverAdapterFactory = {
  provider: "postgres",
  adapterName: "dialect",
  connect: async () => dialectConnection,
  connectToShadowDb: async () => dialectConnection,
};

const absent = async () => {
  throw new Error("there is no server behind this connection");
};

const dialectConnection: SqlDriverAdapter = {
  provider: "postgres",
  adapterName: "dialect",
  queryRaw: async () => ({
    columnNames: ["exists", "version", "numeric_version"],
    columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
    rows: [[true, "PostgreSQL 15.0", 150_000]],
  }),
  executeRaw: absent,
  executeScript: absent,
  startTransaction: absent,
  dispose: async () => {},
};

/** SQL that leads from one schema to another; "" when they describe the same tables. */
export async function diffSchemas(engine: SchemaEngine, from: string | undefined, to: string): Promise<string> {
  const target = (content: string): bindings.DiffTarget => {
    return { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content }] };
  };
  const { stdout } = await engine.diff({
    from: from === undefined ? { tag: "empty" } : target(from),
    to: target(to),
    script: true,
    exitCode: null,
    filters,
  });
  // Every database has this schema, and to name it needs rights that a plain user has not.
  const sql = (stdout ?? "").replace('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n\n', "");
  return /^(--.*|\s)*$/.test(sql) ? "" : sql;
}

/** What the engine itself would still apply of these migrations: names. */
export async function applyWithEngine(
  engine: SchemaEngine,
  kind: DatabaseKind,
  migrations: readonly { readonly name: string; readonly sql: string }[],
): Promise<string[]> {
  const { appliedMigrationNames } = await engine.applyMigrations({
    filters,
    migrationsList: {
      baseDir: migrationsFolder(kind),
      lockfile: { path: "migration_lock.toml", content: `provider = "${kind}"` },
      shadowDbInitScript: "",
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: "migration.sql", content: { tag: "ok", value: sql } },
      })),
    },
  });
  return appliedMigrationNames;
}
