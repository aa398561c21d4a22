import type { DatabaseKind } from "./database.ts";
import type { pagePlace } from "./page.ts";
import type { Statement, Value } from "./statement.ts";

export interface AuditFilter {
  readonly accountId?: string;
  /** Any of these. */
  readonly kinds?: readonly string[];
  readonly subjectId?: string;
  readonly category?: string;
  readonly actor?: string;
  readonly from?: Date;
  /** Not itself included. */
  readonly before?: Date;
  /** What somebody who may not see everything does not see. */
  readonly only?: Visible;
}

/** What of an account's events is shown to the account itself; at least one of each. */
export interface Visible {
  /** Only what these did. */
  readonly actors: readonly string[];
  readonly hiddenKinds: readonly string[];
}

type Place = ReturnType<typeof pagePlace>;

/**
 * The query of a page of events, newest first. Events of one kind lie in order in an index, whereas for several the database
 * would sort all that there are: so each kind gives the places of its newest, and whole rows are read of those alone that
 * are on the page.
 */
export function auditPageQuery(
  { kinds, ...filter }: AuditFilter,
  { take, before }: Place,
  database: DatabaseKind,
): Statement {
  const values: Value[] = [];
  const place = (value: Value) => `$${values.push(value)}`;
  // In SQLite every index leads to the row by this number, whereas an id would be looked up in one more index.
  const row = database === "sqlite" ? "rowid" : "id";
  const newest = `ORDER BY "at" DESC, "id" DESC LIMIT ${take}`;
  const places = (kinds?.length ? [...new Set(kinds)] : [undefined]).map((kind, i) => {
    const conditions = [...conditionsOf(filter, kind, place), ...timesOf(filter, before, place)];
    const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
    return `SELECT * FROM (SELECT "at", "id", "${row}" AS "row" FROM "AuditEvent"${where} ${newest}) AS "kind${i}"`;
  });
  // To SQLite CROSS JOIN is an order too: first the places, then the row of each.
  const sql = `SELECT "AuditEvent".* FROM (SELECT * FROM (${places.join(" UNION ALL ")}) AS "each" ${newest}) AS "place"
    CROSS JOIN "AuditEvent" WHERE "AuditEvent"."${row}" = "place"."row" ORDER BY "place"."at" DESC, "place"."id" DESC`;
  return { sql, values };
}

/** Puts a value in the query; returns what stands for it. */
type PlaceOf = (value: Value) => string;

/**
 * The conditions of a query but those of time. SQLite knows nothing of how common a value is, and where two indexes fit it
 * may enter the one with half a million rows: what is the more common is said so that only the other leads into an index.
 */
function conditionsOf(
  { subjectId, accountId, category, actor, only }: Omit<AuditFilter, "kinds">,
  kind: string | undefined,
  place: PlaceOf,
): string[] {
  const asked = { subjectId, category, accountId, kind, actor };
  const known = (Object.keys(asked) as Column[]).filter((column) => asked[column] !== undefined);
  const lead = indexed(actor).find((columns) => columns.every((column) => known.includes(column)));
  const conditions = known.map((column) => {
    const value = place(asked[column]!);
    // "Not other than" is "equal" by another name, under which no index is looked for.
    return lead?.includes(column) ? `"${column}" = ${value}` : `NOT "${column}" <> ${value}`;
  });
  return only === undefined ? conditions : [...conditions, visibleTo(only, place)];
}

type Column = "subjectId" | "category" | "accountId" | "kind" | "actor";

/** Columns that an index begins with, the rarest values first. The server itself does more than anybody. */
function indexed(actor: string | undefined): (readonly Column[])[] {
  const somebody: Column[][] = actor === "server" ? [] : [["kind", "actor"], ["actor"]];
  return [
    ["subjectId"],
    ["category", "accountId"],
    ["category", "kind"],
    ["category"],
    ...somebody,
    ["kind", "accountId"],
    ["accountId"],
    ["kind", "actor"],
    ["kind"],
    ["actor"],
  ];
}

/** Nearly all of an account's events are, so that no index is to be entered for these. */
function visibleTo({ actors, hiddenKinds }: Visible, place: PlaceOf): string {
  const [others, hidden] = [actors, hiddenKinds].map((all) => all.map(place).join(", "));
  return `NOT ("actor" NOT IN (${others}) OR "kind" IN (${hidden}))`;
}

function timesOf({ from, before: end }: AuditFilter, before: Place["before"], place: PlaceOf): string[] {
  const conditions = from === undefined ? [] : [`"at" >= ${place(from)}`];
  // One upper bound: of two the database may enter the index at the looser, and walk from there.
  const ends = end !== undefined && (before === undefined || end <= before.at);
  if (ends) conditions.push(`"at" < ${place(end)}`);
  if (before !== undefined && !ends) {
    const { at, id } = before;
    // The first follows from the second, and is what lets an index be entered at the cursor.
    conditions.push(`"at" <= ${place(at)}`, `("at" < ${place(at)} OR "id" < ${place(id)})`);
  }
  return conditions;
}
