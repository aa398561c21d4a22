import { Refused } from "../core/errors.ts";
import { isStorable, storableExpected } from "../core/prompt.ts";
import type { Prisma } from "./generated/sqlite/client.ts";

/** What a column takes; JSON goes as text. */
export type Value = string | number | boolean | Date | null;

/** SQL that both databases read, with its values at `$1`, `$2` … in the order of the text, as SQLite counts. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
  /** How many rows it must change; otherwise the transaction is undone. */
  readonly rows?: number;
}

/** Tables that are written on the path of an edit, where the client's own way takes four times as long. */
interface Tables {
  readonly Account: Prisma.AccountCreateManyInput;
  readonly Edit: Prisma.EditCreateManyInput;
  readonly EditSource: Prisma.EditSourceCreateManyInput;
  readonly EditEvent: Prisma.EditEventCreateManyInput;
  readonly IdempotencyKey: Prisma.IdempotencyKeyCreateManyInput;
  readonly ModerationOutcome: Prisma.ModerationOutcomeCreateManyInput;
  readonly Image: Prisma.ImageCreateManyInput;
  readonly Provenance: Prisma.ProvenanceCreateManyInput;
  readonly Strike: Prisma.StrikeCreateManyInput;
  readonly Case: Prisma.CaseCreateManyInput;
  readonly CaseDecision: Prisma.CaseDecisionCreateManyInput;
  readonly Incident: Prisma.IncidentCreateManyInput;
  readonly AuditEvent: Prisma.AuditEventCreateManyInput;
}

/** Inserts rows; no statement when there are none. A column that no row names gets its default. */
export function insert<Table extends keyof Tables>(
  table: Table,
  rows: readonly Tables[Table][],
  onConflict: "fail" | "skip" | "undo" = "fail",
): Statement[] {
  if (rows.length === 0) return [];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))] as (keyof Tables[Table] & string)[];
  const values: Value[] = [];
  const tuples = rows.map((row) => {
    const places = columns.map((column) => `$${values.push(columnValue(column, row[column]))}`);
    return `(${places.join(", ")})`;
  });
  const names = columns.map((column) => `"${column}"`).join(", ");
  const ending = onConflict === "fail" ? "" : " ON CONFLICT DO NOTHING";
  const sql = `INSERT INTO "${table}" (${names}) VALUES ${tuples.join(", ")}${ending}`;
  return [{ sql, values, ...(onConflict === "undo" && { rows: rows.length }) }];
}

/** Changes the row of an id when it has one of these statuses; undoes all otherwise. */
export function updateStanding<Table extends "Edit" | "Case" | "Account">(
  table: Table,
  { id, statuses }: { readonly id: string; readonly statuses: readonly string[] },
  columns: { readonly [Column in keyof Tables[Table]]?: unknown },
): Statement {
  const values: Value[] = [];
  const place = (column: string, value: unknown) => `$${values.push(columnValue(column, value))}`;
  const settings = Object.entries(columns).map(([column, value]) => `"${column}" = ${place(column, value)}`);
  const idPlace = place("id", id);
  const places = statuses.map((status) => place("status", status));
  const standing = `"id" = ${idPlace} AND "status" IN (${places.join(", ")})`;
  return { sql: `UPDATE "${table}" SET ${settings.join(", ")} WHERE ${standing}`, values, rows: 1 };
}

function columnValue(column: string, value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return storable(column, value);
  if (typeof value === "object" && !(value instanceof Date)) return JSON.stringify(value);
  return value as Value;
}

/** Text as it is. Throws `Refused` BAD_INPUT where a database would not give it back. */
export function storable(name: string, text: string): string {
  if (isStorable(text)) return text;
  throw new Refused("BAD_INPUT", `${name}: expected ${storableExpected}`);
}
