import type { AuditEntry } from "../core/audit.ts";
import { detailsDigest } from "../core/audit-event.ts";
import { newId } from "../core/id.ts";
import { randomSalt } from "../core/random.ts";
import type { Database, Transaction } from "./database.ts";
import type { Prisma } from "./generated/sqlite/client.ts";
import { insert, type Statement } from "./statement.ts";

/** The row of an act; `salt` is given where it must be known. */
export function auditRow(entry: AuditEntry, at: Date, salt = randomSalt()): Prisma.AuditEventCreateManyInput {
  const { details = {}, ...rest } = entry;
  return {
    ...rest,
    id: newId(at),
    at,
    details: details as Prisma.InputJsonObject,
    salt,
    detailsDigest: detailsDigest(salt, details),
  };
}

/** The statement that writes acts in a batch. */
export function auditStatements(entries: readonly AuditEntry[], at: Date): Statement[] {
  return insert(
    "AuditEvent",
    entries.map((entry) => auditRow(entry, at)),
  );
}

/** Writes acts as a part of a transaction: what happened and its trace are stored together or not at all. */
export async function writeAudit(tx: Transaction, entries: readonly AuditEntry[], at: Date): Promise<void> {
  // The client's own way takes twice the time, which every change of anything would pay.
  for (const { sql, values } of auditStatements(entries, at)) await tx.$executeRawUnsafe(sql, ...values);
}

/** Writes acts that change nothing else in the database, such as reading. */
export async function appendAudit(db: Database, entries: readonly AuditEntry[], at: Date): Promise<void> {
  await db.batch(auditStatements(entries, at));
}
