import type { Act } from "../core/audit.ts";
import type { AuditEvent, SealedEvent } from "../core/audit-event.ts";
import { nextTurn } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import { writeAudit } from "./audit-events.ts";
import { type AuditFilter, auditPageQuery } from "./audit-filter.ts";
import type { Database } from "./database.ts";
import type { AuditEvent as AuditEventModel } from "./generated/sqlite/client.ts";
import { type Page, type PageArgs, pageOf, pagePlace, pageSizeMax } from "./page.ts";
import type { Value } from "./statement.ts";

/** An event of the log; its place is null until it is sealed. */
export type LoggedEvent = AuditEventModel;

/** Throws `Refused` BAD_INPUT for a page that there cannot be. */
export async function listAuditEvents(db: Database, filter: AuditFilter, page: PageArgs): Promise<Page<LoggedEvent>> {
  const rows = await db.rows<LoggedEvent>(auditPageQuery(filter, pagePlace(page), db.kind));
  return pageOf(rows, page, ({ at }) => at);
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

const tableOfLog = {
  sqlite: `SELECT 1 FROM sqlite_master WHERE name = 'AuditEvent'`,
  postgresql: `SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'AuditEvent'`,
} as const;

/** Whether the database has the table of the log, as it does from a server's first start on. */
export async function hasAuditLog(db: Database): Promise<boolean> {
  return (await db.client.$queryRawUnsafe<unknown[]>(tableOfLog[db.kind])).length > 0;
}

export function findAuditEvent(db: Database, id: string): Promise<LoggedEvent | null> {
  return db.client.auditEvent.findUnique({ where: { id } });
}

/**
 * Erases what events of an account have said so far; that they happened, and the chain over them, stays. What the law wants
 * kept of an incident is kept. Returns how many.
 */
export function eraseDetails(db: Database, accountId: string, { actor, at }: Act): Promise<number> {
  return db.write(async (tx) => {
    const erased = await tx.$executeRaw`UPDATE "AuditEvent" SET "details" = NULL, "salt" = ''
      WHERE "accountId" = ${accountId} AND "salt" <> '' AND "kind" NOT LIKE 'incident.%' AND "at" <= ${at}`;
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

/** The log as it is verified. */
export function logOf(db: Database) {
  return {
    sealed: () => sealedEvents(db),
    unsealedCount: () => countUnsealed(db),
    unsealedErasures: () => unsealedErasures(db),
  };
}

/** Erasures without a place in the chain: of which account, and when. */
function unsealedErasures(db: Database): Promise<{ accountId: string | null; at: Date }[]> {
  return db.client.auditEvent.findMany({
    where: { position: null, kind: "audit.erased" },
    select: { accountId: true, at: true },
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

/** All events that have a place, also one that no event can have, in the order of the chain, a page at a time. */
export async function* sealedEvents(db: Database): AsyncGenerator<readonly SealedEvent[]> {
  for (let last: { readonly position: number; readonly id: string } | undefined; ; ) {
    // Two of one place, which the table forbids, would be a copy's whose index is gone: both are read.
    const after = last && {
      position: { gte: last.position },
      OR: [{ position: { gt: last.position } }, { id: { gt: last.id } }],
    };
    const rows = await db.client.auditEvent.findMany({
      where: after ?? { position: { not: null } },
      orderBy: [{ position: "asc" }, { id: "asc" }],
      take: sealedPageSize,
    });
    if (rows.length === 0) return;
    yield rows as unknown as SealedEvent[];
    const { position, id } = rows.at(-1)!;
    last = { position: position!, id };
  }
}

/** A megabyte or so of rows. */
const sealedPageSize = 1000;
