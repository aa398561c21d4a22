import type { AuditEntry } from "../core/audit.ts";
import { type EditRequest, type EditStatus, settledStatuses, sourceIdsOf, unfinishedStatuses } from "../core/edit.ts";
import { assert, Refused } from "../core/errors.ts";
import type { ProgressEvent } from "../core/progress.ts";
import { auditStatements } from "./audit-events.ts";
import type { Database, DatabaseKind } from "./database.ts";
import { type Edit, editOf, eventOf, rowOf } from "./edit-row.ts";
import type { Prisma } from "./generated/sqlite/client.ts";
import { findImages, holdersOf, usableStatements } from "./images.ts";
import { type Page, type PageArgs, pageOf, pageQuery, readEach } from "./page.ts";
import { insert, storable, updateStanding } from "./statement.ts";
import { nextDayOf, usageStatements } from "./usage.ts";

export type { Edit } from "./edit-row.ts";

export interface NewEdit {
  readonly id: string;
  readonly accountId: string;
  readonly prompt: string;
  readonly request: EditRequest;
  readonly createdAt: Date;
}

export interface Acceptance {
  readonly edit: NewEdit;
  readonly audit: readonly AuditEntry[];
  readonly idempotency?: {
    /** The caller's; one name space per account. */
    readonly key: string;
    /** SHA-256 over the arguments, in hex. */
    readonly requestDigest: string;
  };
  /** How many edits its account may hand in on one day, UTC; any number where it is null or left out. */
  readonly editsPerDayMax?: number | null;
}

/**
 * Stores an edit, as MODERATING, in one transaction. A key that was used before gives the edit it was used for, with
 * `isNew` false; throws `Refused` IDEMPOTENCY_MISMATCH when its arguments were others, BAD_INPUT for text that cannot be
 * stored, NOT_FOUND when a picture was deleted, CONTENT_REFUSED when one is blocked, QUOTA_EXCEEDED when the account has
 * handed in its day's edits.
 */
export async function acceptEdit(db: Database, acceptance: Acceptance): Promise<{ edit: Edit; isNew: boolean }> {
  const { audit, idempotency, editsPerDayMax } = acceptance;
  storable("negativePrompt", acceptance.edit.request.negativePrompt ?? "");
  const edit: Edit = { ...unbegun, ...acceptance.edit };
  const { id: editId, accountId, createdAt } = edit;
  const key = idempotency === undefined ? [] : [{ ...idempotency, accountId, editId, createdAt }];
  const sourceIds = sourceIdsOf(edit.request);
  const isNew = await db.batch([
    // A key that is taken undoes it all; of two at once the database lets one wait for the other.
    ...insert("IdempotencyKey", key, "undo"),
    ...insert("Edit", [rowOf(edit)]),
    ...insert("EditSource", sourceRows(edit)),
    ...usableStatements(sourceIds),
    ...auditStatements(audit, createdAt),
    ...usageStatements([{ accountId, at: createdAt, edits: 1, editsMax: editsPerDayMax ?? null }]),
  ]);
  if (isNew) return { edit, isNew };
  const known = idempotency && (await editOfKey(db, accountId, idempotency));
  if (known !== undefined) return { edit: known, isNew };
  const sources = await findImages(db, sourceIds);
  const deleted = sources.find(({ deletedAt }) => deletedAt !== null);
  if (deleted !== undefined) throw new Refused("NOT_FOUND", `image ${deleted.id} was deleted`);
  const blocked = sources.find(({ blockedAt }) => blockedAt !== null);
  if (blocked !== undefined) throw new Refused("CONTENT_REFUSED", `image ${blocked.id} was blocked by moderation`);
  assert(editsPerDayMax, "what is not stored has a key that is taken, such a picture, or is beyond its day's edits");
  throw quotaExceeded(editsPerDayMax, createdAt);
}

/** @param at when one edit more was wanted */
export function quotaExceeded(editsPerDayMax: number, at: Date): Refused {
  const next = nextDayOf(at);
  const message = `the account has handed in its ${editsPerDayMax} edits of this day (UTC); more from ${next.toISOString()}`;
  return new Refused("QUOTA_EXCEEDED", message, [], next.getTime() - at.getTime());
}

/** A picture that is named twice is one source. */
function sourceRows({ id: editId, request }: NewEdit): Prisma.EditSourceCreateManyInput[] {
  return [...new Set(request.imageIds)].map((imageId) => ({ imageId, editId }));
}

const unbegun = {
  status: "MODERATING",
  approvedStages: [],
  attempts: 0,
  eventSeq: 0,
  errorCode: null,
  errorMessage: null,
  errorRetryable: null,
  verdict: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
} as const satisfies Partial<Edit>;

/**
 * The edit that a key was used for; undefined for a fresh key. Throws `Refused` IDEMPOTENCY_MISMATCH, BAD_INPUT for a key
 * that cannot be stored.
 */
export async function editOfKey(
  db: Database,
  accountId: string,
  { key, requestDigest }: NonNullable<Acceptance["idempotency"]>,
): Promise<Edit | undefined> {
  storable("idempotencyKey", key);
  const used = await db.client.idempotencyKey.findUnique({ where: { accountId_key: { accountId, key } } });
  if (used === null) return undefined;
  if (used.requestDigest !== requestDigest) {
    throw new Refused("IDEMPOTENCY_MISMATCH", "idempotencyKey: it was used with other arguments; choose a new one");
  }
  return editOf(await db.client.edit.findUniqueOrThrow({ where: { id: used.editId } }));
}

export async function findEdit(db: Database, id: string): Promise<Edit | undefined> {
  const row = await db.client.edit.findUnique({ where: { id } });
  return row === null ? undefined : editOf(row);
}

/** In no particular order; ids of no edit are left out. */
export async function findEdits(db: Database, ids: readonly string[]): Promise<Edit[]> {
  return (await db.client.edit.findMany({ where: { id: { in: [...ids] } } })).map(editOf);
}

/** Edits that began from one of these pictures, oldest first, at most `limit`. */
export async function editsFromImages(db: Database, imageIds: readonly string[], limit: number): Promise<Edit[]> {
  const rows = await db.client.editSource.groupBy({
    by: ["editId"],
    where: { imageId: { in: [...imageIds] } },
    orderBy: { editId: "asc" },
    take: limit,
  });
  const edits = await findEdits(
    db,
    rows.map(({ editId }) => editId),
  );
  return edits.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface EditFilter {
  readonly accountId?: string;
  readonly statuses?: readonly EditStatus[];
  readonly createdFrom?: Date;
  /** Not itself included. */
  readonly createdBefore?: Date;
  /** Stands in the prompt; letters may be large or small, `%` is any characters and `_` one. */
  readonly text?: string;
}

export async function listEdits(db: Database, filter: EditFilter, page: PageArgs): Promise<Page<Edit>> {
  const { statuses, ...others } = filter;
  const { where, ...query } = pageQuery(page, "createdAt");
  const filtered = filterOf(others, db.kind);
  const rows = await readEach(statuses, (status) =>
    db.client.edit.findMany({ ...query, where: { AND: [{ ...filtered, ...(status && { status }) }, where] } }),
  );
  return pageOf(rows.map(editOf), page, ({ createdAt }) => createdAt);
}

function filterOf(filter: Omit<EditFilter, "statuses">, kind: DatabaseKind): Prisma.EditWhereInput {
  const { accountId, createdFrom, createdBefore, text } = filter;
  return {
    ...(accountId === undefined ? {} : { accountId }),
    createdAt: {
      ...(createdFrom === undefined ? {} : { gte: createdFrom }),
      ...(createdBefore === undefined ? {} : { lt: createdBefore }),
    },
    ...(text === undefined ? {} : { prompt: containing(text, kind) }),
  };
}

/** SQLite compares without regard to the case of ASCII letters and escapes nothing; PostgreSQL has to be told to. */
function containing(text: string, kind: DatabaseKind): Prisma.StringFilter {
  if (kind === "sqlite") return { contains: text };
  return { contains: text.replaceAll("\\", "\\\\"), mode: "insensitive" } as Prisma.StringFilter;
}

/** Accepted work that is not at its end, oldest first: what a start takes up again. */
export async function unfinishedEdits(db: Database): Promise<Edit[]> {
  const rows = await db.client.edit.findMany({
    where: { status: { in: [...unfinishedStatuses] } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  return rows.map(editOf);
}

/** Whether an edit that has not come to its end works on a picture, or a mask, with these bytes or this history. */
export async function isDigestInUse(db: Database, digest: string): Promise<boolean> {
  const { ids, accountIds } = await holdersOf(db, digest);
  const edits = await db.client.edit.findMany({
    where: { accountId: { in: accountIds }, status: { notIn: [...settledStatuses] } },
  });
  return edits.map(editOf).some(({ request }) => sourceIdsOf(request).some((id) => ids.has(id)));
}

/** Stores how often a dying engine has ended the making of a picture of the edit; a number that is lower changes nothing. */
export async function raiseAttempts(db: Database, id: string, attempts: number): Promise<void> {
  await db.client.edit.updateMany({ where: { id, attempts: { lt: attempts } }, data: { attempts } });
}

/** Takes the numbers up to `eventSeq` for steps. Returns false, and takes none, when the edit does not run. */
export function takeNumbers(db: Database, id: string, eventSeq: number): Promise<boolean> {
  return db.batch([updateStanding("Edit", { id, statuses: ["RUNNING"] }, { eventSeq })]);
}

/** Kept events, in their order. */
export async function eventsOf(db: Database, editId: string): Promise<ProgressEvent[]> {
  const rows = await db.client.editEvent.findMany({ where: { editId }, orderBy: { seq: "asc" } });
  return rows.map(eventOf);
}
