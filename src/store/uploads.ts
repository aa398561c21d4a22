import { newId } from "../core/id.ts";
import { writeAudit } from "./audit-events.ts";
import type { Database } from "./database.ts";
import type { Upload } from "./generated/sqlite/client.ts";
import { createdEntry, type NewImage, newImageRow } from "./images.ts";

export type { Upload } from "./generated/sqlite/client.ts";

export interface NewUpload {
  readonly accountId: string;
  readonly kind: Upload["kind"];
  readonly contentType: string;
  /** Bytes, as announced. */
  readonly byteLength: number;
  /** SHA-256 in hex, when it was announced. */
  readonly sha256?: string;
  readonly expiresAt: Date;
}

export function createUpload(db: Database, upload: NewUpload, at: Date): Promise<Upload> {
  return db.client.upload.create({ data: { ...upload, id: newId(at), createdAt: at } });
}

export function findUpload(db: Database, id: string): Promise<Upload | null> {
  return db.client.upload.findUnique({ where: { id } });
}

/** Lets one PUT through, and no second one: the upload, or undefined when it is used or past its time. */
export async function claimUpload(db: Database, id: string, at: Date): Promise<Upload | undefined> {
  const [claimed] = await db.client.upload.updateManyAndReturn({
    where: { id, state: "WAITING", expiresAt: { gt: at } },
    data: { state: "RECEIVING" },
  });
  return claimed;
}

/** Lets uploads wait again whose bytes were being received when the server ended. To be called before any is received. */
export async function reopenUploads(db: Database): Promise<void> {
  await db.client.upload.updateMany({ where: { state: "RECEIVING" }, data: { state: "WAITING" } });
}

/** The bytes arrived and are stored: makes the picture's row and points the upload to it. */
export function markReady(db: Database, id: string, image: NewImage, at: Date): Promise<string> {
  return db.write(async (tx) => {
    const row = newImageRow(image, at);
    await tx.image.createMany({ data: [row] });
    await tx.upload.update({ where: { id }, data: { state: "READY", imageId: row.id } });
    await writeAudit(tx, [createdEntry(row)], at);
    return row.id;
  });
}

/** The bytes arrived and are kept as they came, under this digest, until the upload's time is over. */
export async function markVerifiable(db: Database, id: string, sha256: string): Promise<void> {
  await db.client.upload.update({ where: { id }, data: { state: "READY", sha256 } });
}

/** The bytes arrived and are no picture that may be kept; why is shown to whoever asks for the upload. */
export async function markRejected(db: Database, id: string, code: string, message: string, at: Date): Promise<void> {
  const data = { state: "REJECTED", errorCode: code, errorMessage: message } as const;
  await db.write(async (tx) => {
    const [upload] = await tx.upload.updateManyAndReturn({ where: { id, state: "RECEIVING" }, data });
    if (upload === undefined) return;
    const { accountId, byteLength } = upload;
    const about = { subjectKind: "upload", subjectId: id, accountId } as const;
    const details = { code, byteLength };
    await writeAudit(tx, [{ ...about, actor: accountId, kind: "upload.rejected", details }], at);
  });
}

/** The bytes arrived and could not be kept, through no fault of theirs: the upload waits for them again. */
export async function reopenUpload(db: Database, id: string): Promise<void> {
  await db.client.upload.updateMany({ where: { id, state: "RECEIVING" }, data: { state: "WAITING" } });
}

/** Whether an upload to be verified has these bytes at this time, which is not over. */
export async function isUploadDigest(db: Database, sha256: string, at: Date): Promise<boolean> {
  const where = { kind: "VERIFY", state: "READY", sha256, expiresAt: { gt: at } } as const;
  return (await db.client.upload.findFirst({ where, select: { id: true } })) !== null;
}

/** Bytes of an account's uploads to be verified whose files are kept or are coming, and whose time is not over. */
export async function verifiableBytes(db: Database, accountId: string, at: Date): Promise<number> {
  const { _sum } = await db.client.upload.aggregate({
    where: { accountId, kind: "VERIFY", state: { in: ["RECEIVING", "READY"] }, expiresAt: { gt: at } },
    _sum: { byteLength: true },
  });
  return _sum.byteLength ?? 0;
}

/** Uploads to be verified whose time is over by `now`, the first to end first, at most 500; others may share their files. */
export function endedVerifications(db: Database, now: Date): Promise<Pick<Upload, "id" | "sha256">[]> {
  return db.client.upload.findMany({
    // What is being received at this moment will be kept, and must not lose its row.
    where: { kind: "VERIFY", state: { not: "RECEIVING" }, expiresAt: { lte: now } },
    select: { id: true, sha256: true },
    orderBy: [{ expiresAt: "asc" }, { id: "asc" }],
    take: 500,
  });
}

export async function deleteUploads(db: Database, ids: readonly string[]): Promise<void> {
  await db.client.upload.deleteMany({ where: { id: { in: [...ids] } } });
}

/** Forgets uploads whose URL ended before `before`, but for those to be verified; what they became stays. */
export async function deleteEnded(db: Database, before: Date): Promise<void> {
  await db.client.upload.deleteMany({ where: { kind: { not: "VERIFY" }, expiresAt: { lt: before } } });
}
