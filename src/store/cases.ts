import type { Act, AuditEntry } from "../core/audit.ts";
import { sourceIdsOf } from "../core/edit.ts";
import { Refused } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import type { Category, Stage } from "../core/moderation.ts";
import { auditStatements, writeAudit } from "./audit-events.ts";
import type { Database } from "./database.ts";
import { editOf } from "./edit-row.ts";
import { isConflict } from "./faults.ts";
import type { CaseDecision, Case as CaseModel, Prisma } from "./generated/sqlite/client.ts";
import { holdersOf } from "./images.ts";
import { type Page, type PageArgs, pageOf, pageQuery, readEach } from "./page.ts";
import { insert, type Statement, storable, updateStanding } from "./statement.ts";

export type { CaseDecision } from "./generated/sqlite/client.ts";

export type CaseStatus = CaseModel["status"];
export type CaseKind = CaseModel["kind"];

/** What people decide, with what was decided so far, oldest first. */
export type Case = CaseModel & { readonly decisions: readonly CaseDecision[] };

export interface NewCase {
  /** Drawn when it is absent. */
  readonly id?: string;
  readonly kind: CaseKind;
  readonly accountId: string;
  readonly editId?: string;
  readonly imageId?: string;
  readonly stage?: Stage;
  readonly category: Category;
  /** What the account or the reporter wrote. */
  readonly statement?: string;
}

function newCaseRow(opened: NewCase, at: Date): Prisma.CaseCreateManyInput & { id: string } {
  return { ...opened, id: opened.id ?? newId(at), status: "OPEN", createdAt: at };
}

/** Opens cases as a part of a batch, each with its trace. */
export function openCaseStatements(opened: readonly NewCase[], { actor, at }: Act): Statement[] {
  const rows = opened.map((one) => newCaseRow(one, at));
  const entries = rows.map((row) => openedEntry(row, actor));
  return [...insert("Case", rows), ...auditStatements(entries, at)];
}

/**
 * Opens a case that comes with no move of an edit, as an appeal. Returns its id; undefined for a second appeal of one edit,
 * which changes nothing.
 */
export async function openCase(db: Database, opened: NewCase, act: Act): Promise<string | undefined> {
  const id = opened.id ?? newId(act.at);
  try {
    await db.batch(openCaseStatements([{ ...opened, id }], act));
    return id;
  } catch (error) {
    if (!isConflict(error)) throw error;
    return undefined;
  }
}

export type NewReport = NewCase & { readonly kind: "REPORT"; readonly imageId: string };

/**
 * Opens the report of a picture. While one of the same account waits to be decided, it is that one, with `isNew` false, and
 * nothing changes. Throws `Refused` NOT_FOUND when the picture was deleted.
 */
export function openReport(db: Database, report: NewReport, act: Act): Promise<{ id: string; isNew: boolean }> {
  const { kind, accountId, imageId } = report;
  return db.write(async (tx) => {
    // Of two at once one waits here until the other is stored, and then finds it.
    const { count } = await tx.image.updateMany({ where: { id: imageId, deletedAt: null }, data: { deletedAt: null } });
    if (count === 0) throw new Refused("NOT_FOUND", `image ${imageId} was deleted`);
    const where = { kind, accountId, imageId, status: { in: [...undecidedStatuses] } };
    const waiting = await tx.case.findFirst({ where, select: { id: true } });
    if (waiting !== null) return { id: waiting.id, isNew: false };
    const row = newCaseRow(report, act.at);
    await tx.case.create({ data: row });
    await writeAudit(tx, [openedEntry(row, act.actor)], act.at);
    return { id: row.id, isNew: true };
  });
}

/** Where the appeals of these edits stand; those that were not appealed are left out. */
export async function findAppeals(db: Database, editIds: readonly string[]): Promise<ReadonlyMap<string, CaseStatus>> {
  const where = { kind: "APPEAL" as const, editId: { in: [...editIds] } };
  const found = await db.client.case.findMany({ where, select: { editId: true, status: true } });
  return new Map(found.map(({ editId, status }) => [editId!, status]));
}

/** Statuses of cases that wait for somebody. */
export const undecidedStatuses = ["OPEN", "CLAIMED", "ESCALATED"] as const satisfies readonly CaseStatus[];

export function isUndecided(status: string): boolean {
  return (undecidedStatuses as readonly string[]).includes(status);
}

/** Whether a case waits to be decided over a picture, or a mask, with these bytes or this history, or over an edit of one. */
export async function isDigestInCase(db: Database, digest: string): Promise<boolean> {
  const { ids, accountIds } = await holdersOf(db, digest);
  const waiting = await db.client.case.findMany({
    where: {
      status: { in: [...undecidedStatuses] },
      OR: [{ imageId: { in: [...ids] } }, { edit: { accountId: { in: accountIds } } }],
    },
    select: { imageId: true, edit: true },
  });
  return waiting.some(({ imageId, edit }) => {
    const about = [...(imageId === null ? [] : [imageId]), ...(edit === null ? [] : sourceIdsOf(editOf(edit).request))];
    return about.some((id) => ids.has(id));
  });
}

/** Id of the case that an edit is held for; null where it was decided. */
export async function findHold(db: Database, editId: string): Promise<string | null> {
  const isUndecided = { in: [...undecidedStatuses] };
  const where = { kind: "HOLD", editId, status: isUndecided } as const;
  return (await db.client.case.findFirst({ where, select: { id: true } }))?.id ?? null;
}

export function findCase(db: Database, id: string): Promise<Case | null> {
  return db.client.case.findUnique({ where: { id }, include: withDecisions });
}

export interface CaseFilter {
  readonly statuses?: readonly CaseStatus[];
  readonly kinds?: readonly CaseKind[];
  readonly category?: Category;
  readonly accountId?: string;
}

/** Throws `Refused` BAD_INPUT for an account or a page that cannot be. */
export async function listCases(db: Database, filter: CaseFilter, page: PageArgs): Promise<Page<Case>> {
  const { statuses, kinds, ...equal } = filter;
  storable("accountId", filter.accountId ?? "");
  const { where, ...query } = pageQuery(page, "createdAt");
  // Each once: a caller may name one as often as a request is long, and a query has room for fewer.
  const filtered = { ...equal, ...(kinds && { kind: { in: [...new Set(kinds)] } }), ...where };
  const rows = await readEach(statuses, (status) =>
    db.client.case.findMany({ ...query, where: { ...filtered, ...(status && { status }) }, include: withDecisions }),
  );
  return pageOf(rows, page, ({ createdAt }) => createdAt);
}

export interface CaseMove {
  /** The statuses from which it may be made. */
  readonly from: readonly CaseStatus[];
  readonly to: CaseStatus;
  /** Who works on it from now on; null when nobody. */
  readonly claimedBy?: string | null;
  /** Where it decides something. */
  readonly decision?: { readonly action: string; readonly reason: string };
  /** What else happens in the same transaction, as the move of the edit that was held. */
  readonly besides?: readonly Statement[];
  readonly audit: "case.claimed" | "case.decided";
}

/**
 * Moves a case and all that follows from it, in one transaction. Returns false, and changes nothing, when it does not stand
 * where the move may start or something beside it cannot be done: somebody else was first.
 */
export async function moveCase(db: Database, moved: CaseModel, move: CaseMove, { actor, at }: Act): Promise<boolean> {
  const { from, to, claimedBy, decision, besides = [] } = move;
  const decided = to === "APPROVED" || to === "REJECTED";
  const columns = { status: to, ...(claimedBy !== undefined && { claimedBy }), ...(decided && { decidedAt: at }) };
  const rows = decision === undefined ? [] : [decision];
  const entry = about(moved, move.audit, actor, { from: moved.status, to, ...decision });
  return db.batch([
    updateStanding("Case", { id: moved.id, statuses: from }, columns),
    ...insert(
      "CaseDecision",
      rows.map((row) => ({ ...row, id: newId(at), caseId: moved.id, moderatorId: actor, createdAt: at })),
    ),
    ...besides,
    ...auditStatements([entry], at),
  ]);
}

const withDecisions = { decisions: { orderBy: [{ createdAt: "asc" }, { id: "asc" }] } } satisfies Prisma.CaseInclude;

function openedEntry(row: ReturnType<typeof newCaseRow>, actor: string): AuditEntry {
  const { kind, category, editId, imageId } = row;
  return about(row, "case.opened", actor, { kind, category, editId, imageId });
}

function about(
  { id, accountId, category }: { id: string; accountId: string; category: string },
  kind: AuditEntry["kind"],
  actor: string,
  details: Readonly<Record<string, unknown>>,
): AuditEntry {
  return { actor, kind, subjectKind: "case", subjectId: id, accountId, category: category as Category, details };
}
