import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";

/** Which part of a list is wanted, as Relay says it. */
export interface PageArgs {
  /** 1…100. */
  readonly first: number;
  /** Cursor of the row before the page. */
  readonly after?: string;
}

/** A part of a list, newest first. */
export interface Page<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** A row that has a place in a list: its time, and its id among those of one millisecond. */
interface Placed {
  readonly id: string;
}

export const pageSizeMax = 100;

/** The place of a row. Later rows never move it, so pages neither skip nor repeat. Opaque to callers. */
function cursorOf(at: Date, id: string): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString("base64url");
}

function parseCursor(text: string): { at: Date; id: string } {
  const [, ms, id] = /^(\d{1,15})\.(.*)$/s.exec(Buffer.from(text, "base64url").toString()) ?? [];
  if (ms === undefined || id === undefined || !isId(id)) {
    throw new Refused("BAD_INPUT", "after: expected the endCursor of an earlier page of this list");
  }
  return { at: new Date(Number(ms)), id };
}

/** Names of the columns that say when a row was made. */
type TimeColumn = "createdAt" | "at";

interface PageQuery<Column extends TimeColumn> {
  /** To be joined with the list's own filter by AND. */
  readonly where: { [column in Column]?: { lte: Date } } & { OR?: PlaceBefore<Column>[] };
  readonly orderBy: ({ [column in Column]?: "desc" } & { id?: "desc" })[];
  readonly take: number;
}

type PlaceBefore<Column extends TimeColumn> = { [column in Column]?: { lt: Date } } & { id?: { lt: string } };

/**
 * How many rows to read for a page, one more than it has to know whether there are others; and the place of the row before
 * it. Throws `Refused` BAD_INPUT.
 */
export function pagePlace({ first, after }: PageArgs): { take: number; before?: { at: Date; id: string } } {
  if (!Number.isInteger(first) || first < 1 || first > pageSizeMax) {
    throw new Refused("BAD_INPUT", `first: expected a whole number from 1 to ${pageSizeMax}, received ${first}`);
  }
  return { take: first + 1, ...(after !== undefined && { before: parseCursor(after) }) };
}

/** Query of one page. Throws as `pagePlace`. */
export function pageQuery<Column extends TimeColumn>(page: PageArgs, column: Column): PageQuery<Column> {
  const { take, before } = pagePlace(page);
  const orderBy = [{ [column]: "desc" }, { id: "desc" }] as PageQuery<Column>["orderBy"];
  if (before === undefined) return { where: {}, orderBy, take };
  const { at, id } = before;
  // The first condition follows from the second, and is what lets an index be entered at the cursor.
  const where = { [column]: { lte: at }, OR: [{ [column]: { lt: at } }, { id: { lt: id } }] };
  return { where: where as PageQuery<Column>["where"], orderBy, take };
}

/**
 * The rows of a page whose rows have one of several values in a column, as `read` finds them for one. Those of one value lie
 * in order in an index; of several together a database would sort, or pass by, all that there are. Without values it is one
 * read.
 */
export async function readEach<Value, Row>(
  values: readonly Value[] | undefined,
  read: (value?: Value) => Promise<Row[]>,
): Promise<Row[]> {
  return values === undefined ? read() : (await Promise.all([...new Set(values)].map((value) => read(value)))).flat();
}

/**
 * The page of rows that a `pageQuery` found, or several that differ by a value: by each of these a row may have been found
 * that changed between them, and counts once.
 */
export function pageOf<Row extends Placed>(
  rows: readonly Row[],
  { first, after }: PageArgs,
  timeOf: (row: Row) => Date,
): Page<Row> {
  const newestFirst = (a: Row, b: Row) => timeOf(b).getTime() - timeOf(a).getTime() || (a.id < b.id ? 1 : -1);
  const each = [...new Map(rows.map((row) => [row.id, row])).values()];
  const newest = each.toSorted(newestFirst).slice(0, first);
  const edges = newest.map((node) => ({ cursor: cursorOf(timeOf(node), node.id), node }));
  return { edges, hasNextPage: each.length > first, hasPreviousPage: after !== undefined };
}
