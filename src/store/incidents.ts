import type { Act } from "../core/audit.ts";
import { newId } from "../core/id.ts";
import type { Category, Stage } from "../core/moderation.ts";
import { auditStatements } from "./audit-events.ts";
import type { Database } from "./database.ts";
import type { Incident } from "./generated/sqlite/client.ts";
import { type Page, type PageArgs, pageOf, pageQuery } from "./page.ts";
import { insert, type Statement } from "./statement.ts";

export type { Incident } from "./generated/sqlite/client.ts";

export interface NewIncident {
  /** Drawn when it is absent. */
  readonly id?: string;
  readonly accountId: string;
  readonly editId?: string;
  readonly imageId?: string;
  readonly stage: Stage;
  readonly category: Category;
  readonly filter: string;
  /** Digest under which the sealed bytes are kept, in hex. */
  readonly sealedDigest?: string;
  readonly sha256?: string;
  readonly md5?: string;
  readonly pdq?: string;
  readonly preservedUntil: Date;
}

/** Keeps an incident as a part of a batch, with its trace. */
export function incidentStatements(incident: NewIncident, { actor, at }: Act): Statement[] {
  const row = { ...incident, id: incident.id ?? newId(at), createdAt: at };
  const { id, accountId, editId, stage, filter, category } = row;
  const about = { subjectKind: "incident", subjectId: id, accountId, category } as const;
  const entry = { ...about, actor, kind: "incident.sealed", details: { editId, stage, filter } } as const;
  return [...insert("Incident", [row]), ...auditStatements([entry], at)];
}

export function findIncident(db: Database, id: string): Promise<Incident | null> {
  return db.client.incident.findUnique({ where: { id } });
}

/** Whether an incident has these bytes, sealed. */
export async function isSealedDigest(db: Database, sealedDigest: string): Promise<boolean> {
  return (await db.client.incident.findFirst({ where: { sealedDigest }, select: { id: true } })) !== null;
}

export async function listIncidents(db: Database, page: PageArgs): Promise<Page<Incident>> {
  const rows = await db.client.incident.findMany(pageQuery(page, "createdAt"));
  return pageOf(rows, page, ({ createdAt }) => createdAt);
}
