import type { Act, AuditEntry, AuditKind } from "../core/audit.ts";
import { newId } from "../core/id.ts";
import { auditStatements, writeAudit } from "./audit-events.ts";
import type { Database } from "./database.ts";
import type { Image, Prisma } from "./generated/sqlite/client.ts";
import { type Page, type PageArgs, pageOf, pageQuery } from "./page.ts";
import { type Statement, storable } from "./statement.ts";

export type { Image } from "./generated/sqlite/client.ts";

export type ImageKind = Image["kind"];

export interface NewImage {
  /** Drawn when it is absent. */
  readonly id?: string;
  readonly accountId: string;
  readonly kind: ImageKind;
  /** SHA-256 of the stored bytes, in hex. */
  readonly digest: string;
  /** SHA-256 of the bytes as they came; `digest` when it is absent. */
  readonly sourceDigest?: string;
  /** MD5 of the same, in hex. */
  readonly sourceMd5?: string;
  readonly contentType: string;
  readonly byteLength: number;
  readonly width: number;
  readonly height: number;
  /** The edit that made it, and which of its pictures it is, from 0. */
  readonly editId?: string;
  readonly index?: number;
  /** Fingerprint in hex, and its quality 0…100. */
  readonly pdq?: string;
  readonly pdqQuality?: number;
  /** Of the history that it brought, which is kept beside it. */
  readonly c2paDigest?: string;
  readonly c2paByteLength?: number;
}

export function newImageRow(image: NewImage, at: Date): Prisma.ImageCreateManyInput & { id: string } {
  return { ...image, id: image.id ?? newId(at), sourceDigest: image.sourceDigest ?? image.digest, createdAt: at };
}

/** That a picture was brought in, by whose it is. */
export function createdEntry({
  id,
  accountId,
  kind,
  digest,
  width,
  height,
}: ReturnType<typeof newImageRow>): AuditEntry {
  const about = { subjectKind: "image", subjectId: id, accountId } as const;
  return { ...about, actor: accountId, kind: "image.created", details: { kind, digest, width, height } };
}

export function createImage(db: Database, image: NewImage, at: Date): Promise<Image> {
  return db.write(async (tx) => {
    const row = newImageRow(image, at);
    const created = await tx.image.create({ data: row });
    await writeAudit(tx, [createdEntry(row)], at);
    return created;
  });
}

/** Deleted and blocked ones too: who may see what is not the store's business. */
export function findImage(db: Database, id: string): Promise<Image | null> {
  return db.client.image.findUnique({ where: { id } });
}

/** The newest picture of an account with these bytes, results that are held left out. Throws `Refused` BAD_INPUT for what cannot be stored, so is no digest. */
export async function findImageByDigest(db: Database, accountId: string, digest: string): Promise<Image | null> {
  storable("sha256", digest);
  // Said so that SQLite does not look through all of the account's pictures, which lie in order, for the digest.
  const where = { digest, kind: { not: "HELD" }, NOT: { accountId: { not: accountId } } } as const;
  return db.client.image.findFirst({ where, orderBy: { createdAt: "desc" } });
}

/** In no particular order; ids of no picture are left out. */
export function findImages(db: Database, ids: readonly string[]): Promise<Image[]> {
  return db.client.image.findMany({ where: { id: { in: [...ids] } } });
}

/** All fingerprints, in the order of ids. */
export async function* listFingerprints(
  db: Database,
): AsyncGenerator<{ id: string; accountId: string; pdq: string; pdqQuality: number }> {
  for (let after = ""; ; ) {
    const rows = await db.client.image.findMany({
      where: { id: { gt: after }, pdq: { not: null }, deletedAt: null },
      select: { id: true, accountId: true, pdq: true, pdqQuality: true },
      orderBy: { id: "asc" },
      take: fingerprintsPerQuery,
    });
    for (const { id, accountId, pdq, pdqQuality } of rows)
      yield { id, accountId, pdq: pdq!, pdqQuality: pdqQuality ?? 0 };
    if (rows.length < fingerprintsPerQuery) return;
    after = rows.at(-1)!.id;
  }
}

const fingerprintsPerQuery = 5_000;

/** The pictures that these edits made, in the order of their index; an entry for every id. */
export async function findImagesByEdits(
  db: Database,
  editIds: readonly string[],
  kind: ImageKind = "OUTPUT",
): Promise<Map<string, Image[]>> {
  const rows = await db.client.image.findMany({
    where: { editId: { in: [...editIds] }, kind },
    orderBy: { index: "asc" },
  });
  const byEdit = new Map<string, Image[]>(editIds.map((editId) => [editId, []]));
  for (const row of rows) byEdit.get(row.editId!)!.push(row);
  return byEdit;
}

/** Pictures of an account that are neither deleted nor blocked. */
export async function listImages(
  db: Database,
  accountId: string,
  kinds: readonly ImageKind[],
  page: PageArgs,
): Promise<Page<Image>> {
  const { where, ...query } = pageQuery(page, "createdAt");
  const visible = { accountId, kind: { in: [...kinds] }, deletedAt: null, blockedAt: null };
  const rows = await db.client.image.findMany({ ...query, where: { ...visible, ...where } });
  return pageOf(rows, page, ({ createdAt }) => createdAt);
}

/** Deletes a picture; its row stays for provenance. Returns undefined when it was deleted before, is blocked or never was. */
export async function markDeleted(db: Database, id: string, act: Act): Promise<Image | undefined> {
  const image = await findImage(db, id);
  const deleted = image !== null && (await db.batch(deleteImageStatements(image, act)));
  return deleted ? image : undefined;
}

/** Bytes of an account's pictures that are not deleted, with the histories they brought, what is held for review included. */
export async function storedBytes(db: Database, accountId: string): Promise<number> {
  const sql = `SELECT CAST(COALESCE(SUM("byteLength" + COALESCE("c2paByteLength", 0)), 0) AS DOUBLE PRECISION) AS "bytes"
    FROM "Image" WHERE "accountId" = $1 AND "deletedAt" IS NULL`;
  const [row] = await db.client.$queryRawUnsafe<{ bytes: number }[]>(sql, accountId);
  return row!.bytes;
}

/** Ids of the pictures with these bytes, or this history, and of their accounts. */
export async function holdersOf(db: Database, digest: string): Promise<{ ids: Set<string>; accountIds: string[] }> {
  const where = withDigest(digest);
  const images = await db.client.image.findMany({ where, select: { id: true, accountId: true } });
  return {
    ids: new Set(images.map(({ id }) => id)),
    accountIds: [...new Set(images.map(({ accountId }) => accountId))],
  };
}

function withDigest(digest: string) {
  return { OR: [{ digest }, { c2paDigest: digest }] };
}

/** Whether a picture has these bytes, or this history, that is not deleted, or is blocked and so may be evidence. */
export async function isImageDigest(db: Database, digest: string): Promise<boolean> {
  const where = { ...withDigest(digest), NOT: { deletedAt: { not: null }, blockedAt: null } };
  return (await db.client.image.findFirst({ where, select: { id: true } })) !== null;
}

/** The first picture with these bytes, of whichever account, that is blocked. */
export function findBlocked(db: Database, digest: string): Promise<Image | null> {
  return db.client.image.findFirst({ where: { digest, blockedAt: { not: null } }, orderBy: { createdAt: "asc" } });
}

/** Unblocks a picture, and all that have its bytes. Returns false when it is not blocked. */
export function unblockImage(db: Database, image: Image, reason: string, act: Act): Promise<boolean> {
  const unblocked = (column: "id" | "digest") =>
    `UPDATE "Image" SET "blockedAt" = NULL WHERE "${column}" = $1 AND "blockedAt" IS NOT NULL`;
  return db.batch([
    { sql: unblocked("id"), values: [image.id], rows: 1 },
    { sql: unblocked("digest"), values: [image.digest] },
    ...traced(image, "image.unblocked", { reason }, act),
  ]);
}

/** Deletes a picture as a part of a batch, which is undone when that was done before or the picture is blocked. */
export function deleteImageStatements(image: Image, act: Act): Statement[] {
  const sql = `UPDATE "Image" SET "deletedAt" = $1 WHERE "id" = $2 AND "deletedAt" IS NULL AND "blockedAt" IS NULL`;
  return [{ sql, values: [act.at, image.id], rows: 1 }, ...traced(image, "image.deleted", {}, act)];
}

/** Undoes a batch when one of these pictures is deleted or blocked; none is then before the batch has ended. */
export function usableStatements(ids: readonly string[]): Statement[] {
  return emptyStatements(ids, ["deletedAt", "blockedAt"]);
}

/** The same when one is blocked. */
export function unblockedStatements(ids: readonly string[]): Statement[] {
  return emptyStatements(ids, ["blockedAt"]);
}

/** Writing what is there keeps others from these rows until the batch has ended. */
function emptyStatements(ids: readonly string[], columns: readonly ("deletedAt" | "blockedAt")[]): Statement[] {
  const unique = [...new Set(ids)];
  if (unique.length === 0) return [];
  const places = unique.map((_, index) => `$${index + 1}`).join(", ");
  const areEmpty = columns.map((column) => `"${column}" IS NULL`).join(" AND ");
  const sql = `UPDATE "Image" SET "${columns[0]}" = NULL WHERE "id" IN (${places}) AND ${areEmpty}`;
  return [{ sql, values: unique, rows: unique.length }];
}

/**
 * Blocks a picture as a part of a batch, and all that have its bytes, of whichever account; what is blocked already stays so,
 * and the batch is done all the same.
 */
export function blockImageStatements(image: Image, reason: string, act: Act): Statement[] {
  const sql = `UPDATE "Image" SET "blockedAt" = $1 WHERE "digest" = $2 AND "blockedAt" IS NULL`;
  return [{ sql, values: [act.at, image.digest] }, ...traced(image, "image.blocked", { reason }, act)];
}

function traced(
  { id, accountId, digest }: Image,
  kind: AuditKind,
  details: Readonly<Record<string, unknown>>,
  { actor, at }: Act,
): Statement[] {
  const about = { subjectKind: "image", subjectId: id, accountId } as const;
  return auditStatements([{ ...about, actor, kind, details: { digest, ...details } }], at);
}
