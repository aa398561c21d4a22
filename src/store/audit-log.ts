import type { Act } from "../core/audit.ts";
import type { AuditEvent, SealedEvent } from "../core/audit-event.ts";
import { nextTurn } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import { writeAudit } from "./audit-events.ts";
import type { Database } from "./database.ts";
import type { AuditEvent as AuditEventModel, Prisma } from "./generated/sqlite/client.ts";
import { type Page, type PageArgs, pageOf, pageQuery, pageSizeMax } from "./page.ts";
import type { Value } from "./statement.ts";

/** An event of the log; its place is null until it is sealed. */
export type LoggedEvent = AuditEventModel;

export interface AuditFilter {
  readonly accountId?: string;
  /** Any of these; each is a query of its own. */
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

/** What of an account's events is shown to the account itself. */
export interface Visible {
  /** Only what these did. */
  readonly actors: readonly string[];
  readonly hiddenKinds: readonly string[];
}

/** Throws `Refused` BAD_INPUT for a page that there cannot be. */
export async function listAuditEvents(db: Database, filter: AuditFilter, page: PageArgs): Promise<Page<LoggedEvent>> {
  const { kinds = [], from, before, ...others } = filter;
  const { where, ...query } = pageQuery(page, "at");
  const { at: cursor, ...place } = where;
  // One upper bound: of two the database may enter the index at the looser, and walk from there.
  const end =
    cursor === undefined || (before !== undefined && before <= cursor.lte) ? before && { lt: before } : cursor;
  const at = { ...(from && { gte: from }), ...end };
  const ofKind = (kind: string | undefined) => ({
    ...query,
    where: { AND: [conditionsOf(others, kind), { at }, place] },
  });
  if (kinds.length <= 1) {
    return pageOf(await db.client.auditEvent.findMany(ofKind(kinds[0])), page, ({ at }) => at);
  }
  // Events of one kind lie in order in an index; for several the database would sort all that there are. Whole rows are
  // read of those alone that are on the page.
  const select = { id: true, at: true } as const;
  const places = await Promise.all(kinds.map((kind) => db.client.auditEvent.findMany({ ...ofKind(kind), select })));
  const ids = places
    .flat()
    .sort(newestFirst)
    .slice(0, query.take)
    .map(({ id }) => id);
  const rows = await db.client.auditEvent.findMany({ where: { id: { in: ids } } });
  return pageOf(rows.sort(newestFirst), page, ({ at }) => at);
}

/** All events that a filter lets through, newest first, a page at a time. */
export async function* auditEventPages(db: Database, filter: AuditFilter): AsyncGenerator<readonly LoggedEvent[]> {
  for (let after: string | undefined; ; ) {
    const page = await listAuditEvents(db, filter, { first: pageSizeMax, ...(after !== undefined && { after }) });
    yield page.edges.map(({ node }) => node);
    if (!page.hasNextPage) return;
    // SQLite answers without a turn of the event loop: others would wait for all of a million events.
    await nextTurn();
    after = page.edges.at(-1)!.cursor;
  }
}

/**
 * The conditions of a query. SQLite knows nothing of how common a value is, and where two indexes fit it may enter the one
 * with half a million rows: what is the more common is said so that only the other leads into an index.
 */
function conditionsOf(
  { subjectId, accountId, category, actor, only }: Omit<AuditFilter, "kinds" | "from" | "before">,
  kind: string | undefined,
): Prisma.AuditEventWhereInput {
  const known = [
    subjectId !== undefined && { subjectId },
    category !== undefined && { category },
    accountId !== undefined && { accountId },
    kind !== undefined && { kind },
    actor !== undefined && { actor },
  ].filter((condition) => condition !== false);
  const { lead, rest } = leading(known, actor);
  return {
    AND: [...lead, ...rest.map((condition) => ({ NOT: opposite(condition) })), ...(only ? [visibleTo(only)] : [])],
  };
}

type Condition = { readonly [Column in "subjectId" | "category" | "accountId" | "kind" | "actor"]?: string };

/** Columns that an index begins with, the rarest values first. The server itself does more than anybody. */
function indexed(actor: string | undefined): (keyof Condition)[][] {
  const somebody: (keyof Condition)[][] = actor === "server" ? [] : [["kind", "actor"], ["actor"]];
  return [
    ["subjectId"],
    ["category", "accountId"],
    ["category", "kind"],
    ["category"],
    ...somebody,
    ["kind", "accountId"],
    ["accountId"],
    ["kind", "actor"],
  ];
}

/** The conditions that lead into an index, and those that are left over. */
function leading(known: readonly Condition[], actor: string | undefined) {
  const columns = indexed(actor).find((all) => all.every((column) => known.some((condition) => column in condition)));
  const leads = (condition: Condition) => columns?.some((column) => column in condition) ?? true;
  return { lead: known.filter(leads), rest: known.filter((condition) => !leads(condition)) };
}

/** "Not other than" is "equal" by another name, under which no index is looked for. */
function opposite(condition: Condition): Prisma.AuditEventWhereInput {
  return Object.fromEntries(Object.entries(condition).map(([column, not]) => [column, { not }]));
}

/** Nearly all of an account's events are, so that no index is to be entered for these. */
function visibleTo({ actors, hiddenKinds }: Visible): Prisma.AuditEventWhereInput {
  return { NOT: { OR: [{ actor: { notIn: [...actors] } }, { kind: { in: [...hiddenKinds] } }] } };
}

type Place = Pick<LoggedEvent, "id" | "at">;

function newestFirst(a: Place, b: Place): number {
  return b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1);
}

export function findAuditEvent(db: Database, id: string): Promise<LoggedEvent | null> {
  return db.client.auditEvent.findUnique({ where: { id } });
}

/**
 * Erases what events of an account say; that they happened, and the chain over them, stays. What the law wants kept of an
 * incident is kept. Returns how many.
 */
export function eraseDetails(db: Database, accountId: string, { actor, at }: Act): Promise<number> {
  return db.write(async (tx) => {
    const erased = await tx.$executeRaw`UPDATE "AuditEvent" SET "details" = NULL, "salt" = ''
      WHERE "accountId" = ${accountId} AND "salt" <> '' AND "kind" NOT LIKE 'incident.%'`;
    const about = { subjectKind: "account", subjectId: accountId, accountId } as const;
    await writeAudit(tx, [{ ...about, actor, kind: "audit.erased", details: { events: erased } }], at);
    return erased;
  });
}

/** Events without a place in the chain, oldest first, at most `limit`. */
export function unsealedEvents(db: Database, limit: number): Promise<AuditEvent[]> {
  return db.client.auditEvent.findMany({
    where: { position: null },
    orderBy: [{ at: "asc" }, { id: "asc" }],
    take: limit,
    omit: { position: true, link: true, subtree: true },
  });
}

export function countUnsealed(db: Database): Promise<number> {
  return db.client.auditEvent.count({ where: { position: null } });
}

/** How many events have a place; so also the next one. */
export async function countSealed(db: Database): Promise<number> {
  // Not `aggregate`, which reads all positions to find the last.
  const last = await db.client.auditEvent.findFirst({
    where: { position: { not: null } },
    orderBy: { position: "desc" },
    select: { position: true },
  });
  return (last?.position ?? -1) + 1;
}

/** Link and subtree of the events at these positions, by position. */
export async function hashedRows(
  db: Database,
  positions: readonly number[],
): Promise<Map<number, { readonly link: string; readonly subtree: string }>> {
  const rows = await db.client.auditEvent.findMany({
    where: { position: { in: [...positions] } },
    select: { position: true, link: true, subtree: true },
  });
  return new Map(rows.map(({ position, link, subtree }) => [position!, { link: link!, subtree: subtree! }]));
}

/** What sealing writes into an event's row. Hashes are 64 hex digits. */
export interface Seal {
  readonly id: string;
  readonly position: number;
  readonly link: string;
  readonly subtree: string;
}

/**
 * Gives events their places, all in one transaction. Throws `Failed`, and gives none, when one of the events has a place
 * already; also when one of the places is taken.
 */
export async function sealEvents(db: Database, seals: readonly Seal[]): Promise<void> {
  if (seals.length === 0) return;
  const values: Value[] = [];
  const place = (value: Value) => `$${values.push(value)}`;
  const rows = seals.map(
    ({ id, position, link, subtree }) =>
      `(${place(id)}, CAST(${place(position)} AS INTEGER), ${place(link)}, ${place(subtree)})`,
  );
  const sql = `UPDATE "AuditEvent" SET "position" = seal.column2, "link" = seal.column3, "subtree" = seal.column4
    FROM (VALUES ${rows.join(", ")}) AS seal WHERE "AuditEvent"."id" = seal.column1 AND "AuditEvent"."position" IS NULL`;
  if (await db.batch([{ sql, values, rows: seals.length }])) return;
  throw new Failed("INTERNAL", "an audit event was sealed by another process", { retryable: true });
}

/** All events that have a place, in the order of the chain, a page at a time. */
export async function* sealedEvents(db: Database): AsyncGenerator<readonly SealedEvent[]> {
  for (let from = 0; ; ) {
    const rows = await db.client.auditEvent.findMany({
      where: { position: { gte: from } },
      orderBy: { position: "asc" },
      take: sealedPageSize,
    });
    if (rows.length === 0) return;
    yield rows as unknown as SealedEvent[];
    from = rows.at(-1)!.position! + 1;
  }
}

/** A megabyte or so of rows. */
const sealedPageSize = 1000;
