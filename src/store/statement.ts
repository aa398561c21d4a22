import type { Prisma } from "./generated/sqlite/client.ts";

/** What a column takes; JSON goes as text. */
export type Value = string | number | boolean | Date | null;

/** SQL that both databases read, with its values at `$1`, `$2` … */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Tables that are written on the path of an edit, where the client's own way takes four times as long. */
interface Tables {
  readonly Edit: Prisma.EditCreateManyInput;
  readonly EditEvent: Prisma.EditEventCreateManyInput;
  readonly IdempotencyKey: Prisma.IdempotencyKeyCreateManyInput;
  readonly ModerationOutcome: Prisma.ModerationOutcomeCreateManyInput;
  readonly Image: Prisma.ImageCreateManyInput;
  readonly Provenance: Prisma.ProvenanceCreateManyInput;
  readonly Strike: Prisma.StrikeCreateManyInput;
  readonly Case: Prisma.CaseCreateManyInput;
  readonly AuditEvent: Prisma.AuditEventCreateManyInput;
}

/** Inserts rows; none of them when there are none. A column that no row names gets its default. */
export function insert<Table extends keyof Tables>(
  table: Table,
  rows: readonly Tables[Table][],
  onConflict: "fail" | "ignore" = "fail",
): Statement[] {
  if (rows.length === 0) return [];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))] as (keyof Tables[Table] & string)[];
  const values: Value[] = [];
  const tuples = rows.map((row) => {
    const places = columns.map((column) => `$${values.push(columnValue(row[column]))}`);
    return `(${places.join(", ")})`;
  });
  const names = columns.map((column) => `"${column}"`).join(", ");
  const ending = onConflict === "ignore" ? " ON CONFLICT DO NOTHING" : "";
  return [{ sql: `INSERT INTO "${table}" (${names}) VALUES ${tuples.join(", ")}${ending}`, values }];
}

export type EditColumns = { readonly [Column in keyof Tables["Edit"]]?: unknown };

/** Changes the edit when it has one of these statuses. */
export function updateEdit(id: string, statuses: readonly string[], columns: EditColumns): Statement {
  const values: Value[] = [];
  const place = (value: unknown) => `$${values.push(columnValue(value))}`;
  const settings = Object.entries(columns).map(([column, value]) => `"${column}" = ${place(value)}`);
  const standing = `"id" = ${place(id)} AND "status" IN (${statuses.map(place).join(", ")})`;
  return { sql: `UPDATE "Edit" SET ${settings.join(", ")} WHERE ${standing}`, values };
}

function columnValue(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "object" && !(value instanceof Date)) return JSON.stringify(value);
  return value as Value;
}
