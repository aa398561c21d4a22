import type { Act } from "../core/audit.ts";
import type { ImportReport, ListImport } from "../moderation/hash-list/import-list.ts";
import { removeList } from "../moderation/hash-list/list-file.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { Database } from "../store/database.ts";

/** Brings a list up to date, by a server or beside one, and writes down who did it and what changed. */
export async function importHashList(
  db: Database,
  importing: (given: ListImport, at: Date) => Promise<ImportReport>,
  given: ListImport,
  { actor, at }: Act,
): Promise<ImportReport> {
  const report = await importing(given, at);
  const { added, removed, skipped } = report;
  const about = { subjectKind: "hash-list", subjectId: given.name, category: given.category } as const;
  const details = { added, removed, skipped: skippedCount(skipped) };
  await appendAudit(db, [{ ...about, actor, kind: "hash-list.imported", details }], at);
  return report;
}

/** Removes a list; a running server forgets it when it next looks. Throws `Refused` NOT_FOUND where there is none. */
export async function removeHashList(db: Database, folder: string, name: string, { actor, at }: Act): Promise<void> {
  await removeList(folder, name, at);
  const about = { subjectKind: "hash-list", subjectId: name } as const;
  await appendAudit(db, [{ ...about, actor, kind: "hash-list.removed" }], at);
}

export function skippedCount(skipped: ImportReport["skipped"]): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}
