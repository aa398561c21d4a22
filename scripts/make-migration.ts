// Usage: npx tsx scripts/make-migration.ts <name>
// Writes what changed in prisma/models.prisma since the last migration as the next one, for both databases.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  currentSchema,
  databaseKinds,
  diffSchemas,
  migratedSchema,
  migrationsFolder,
  openSchemaEngine,
} from "./schema-diff.ts";

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error("Usage: npx tsx scripts/make-migration.ts <name>, of small letters, digits and underscores");
  process.exit(1);
}
for (const kind of databaseKinds) {
  const schema = currentSchema(kind);
  const sql = await diffSchemas(await openSchemaEngine(kind), migratedSchema(kind), schema);
  if (sql === "") {
    console.log(`${kind}: nothing has changed`);
    continue;
  }
  const folder = migrationsFolder(kind);
  const number = (existsSync(folder) ? readdirSync(folder).length : 0) + 1;
  const target = join(folder, `${String(number).padStart(4, "0")}_${name}`);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "migration.sql"), sql);
  writeFileSync(join(target, "schema.prisma"), schema);
  console.log(target);
}
