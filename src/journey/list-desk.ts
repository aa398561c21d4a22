import type { Act } from "../core/audit.ts";
import type { BeforeImport, ImportReport, ListImport } from "../moderation/hash-list/import-list.ts";
import { removeList } from "../moderation/hash-list/list-file.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { Database } from "../store/database.ts";

/**
 * Brings a list up to date, by a server or beside one, and writes down who does it and what changes: first, so that no list
 * changes without a trace.
 */
export function importHashList(
  db: Database,
  importing: (given: ListImport, at: Date, before: BeforeImport) => Promise<ImportReport>,
  given: ListImport,
  { actor, at }: Act,
): Promise<ImportReport> {
  const about = { subjectKind: "hash-list", subjectId: given.name, category: given.category } as const;
  return importing(given, at, async ({ added, removed, skipped }) => {
    const details = { added, removed, skipped: skippedCount(skipped) };
    await appendAudit(db, [{ ...about, actor, kind: "hash-list.imported", details }], at);
  });
}

/**
 * Removes a list, and writes it down first; a running server forgets it when it next looks. Throws `Refused` NOT_FOUND where
 * there is none.
 */
export function removeHashList(db: Database, folder: string, name: string, { actor, at }: Act): Promise<void> {
  const about = { subjectKind: "hash-list", subjectId: name } as const;
  return removeList(folder, name, at, async () => {
    await appendAudit(db, [{ ...about, actor, kind: "hash-list.removed" }], at);
  });
}

export function skippedCount(skipped: ImportReport["skipped"]): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}
