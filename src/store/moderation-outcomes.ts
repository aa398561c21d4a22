import { newId } from "../core/id.ts";
import type { Category, FilterOutcome } from "../core/moderation.ts";
import type { Database } from "./database.ts";
import type { Strike } from "./generated/sqlite/client.ts";
import { insert, type Statement } from "./statement.ts";

/** What filters said of these edits, by edit, in the order in which they spoke; an entry for every id. */
export async function findOutcomesByEdits(
  db: Database,
  editIds: readonly string[],
): Promise<Map<string, FilterOutcome[]>> {
  const rows = await db.client.moderationOutcome.findMany({
    where: { editId: { in: [...editIds] } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  const byEdit = new Map<string, FilterOutcome[]>(editIds.map((editId) => [editId, []]));
  for (const { id: _id, editId, createdAt: _createdAt, trouble, ...row } of rows) {
    byEdit.get(editId)!.push({ ...row, ...(trouble !== null && { trouble }) } as unknown as FilterOutcome);
  }
  return byEdit;
}

/** A refusal that counts against an account. */
export interface NewStrike {
  readonly accountId: string;
  readonly category: Category;
}

/** Counts refusals as a part of a batch; one per edit and category. */
export function strikeStatements(editId: string, strikes: readonly NewStrike[], at: Date): Statement[] {
  const rows = strikes.map((strike) => ({ ...strike, id: newId(at), editId, createdAt: at }));
  return insert("Strike", rows, "skip");
}

/** Refusals of an account since a moment that count against it, by category. */
export async function countStrikes(db: Database, accountId: string, since: Date): Promise<Map<string, number>> {
  const rows = await db.client.strike.groupBy({
    by: ["category"],
    where: { accountId, createdAt: { gte: since } },
    _count: true,
  });
  return new Map(rows.map(({ category, _count }) => [category, _count]));
}

/** Accounts with a refusal since a moment that counts against them. */
export async function struckAccountIds(db: Database, since: Date): Promise<string[]> {
  const rows = await db.client.strike.groupBy({ by: ["accountId"], where: { createdAt: { gte: since } } });
  return rows.map(({ accountId }) => accountId);
}

/** Refusals of an account since a moment that count against it, oldest first. */
export function findStrikes(db: Database, accountId: string, since: Date): Promise<Strike[]> {
  return db.client.strike.findMany({ where: { accountId, createdAt: { gte: since } }, orderBy: { createdAt: "asc" } });
}
