import type { AuditEntry } from "../core/audit.ts";
import { type EditStatus, sourcesOf } from "../core/edit.ts";
import { newId } from "../core/id.ts";
import type { Category, FilterOutcome, Stage, StageVerdict } from "../core/moderation.ts";
import type { ProgressEvent } from "../core/progress.ts";
import { writeAudit } from "./audit-events.ts";
import type { Database, Transaction } from "./database.ts";
import { eventRow, json } from "./edit-row.ts";
import { Prisma } from "./generated/sqlite/client.ts";
import { type NewImage, newImageRow } from "./images.ts";

/** Columns of an edit that a move may set; null empties one. */
export interface EditPatch {
  /** Given where more numbers are taken than the events show: those of steps. */
  readonly eventSeq?: number;
  readonly attempts?: number;
  readonly approvedStages?: readonly Stage[];
  readonly verdict?: StageVerdict | null;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
  readonly errorRetryable?: boolean | null;
  readonly queuedAt?: Date | null;
  readonly startedAt?: Date | null;
  readonly finishedAt?: Date | null;
}

export interface NewProvenance {
  readonly index: number;
  readonly imageId: string;
  readonly recipe: object;
  /** SHA-256 in hex. */
  readonly pixelsDigest: string;
  /** 0…2³²−1. */
  readonly watermarkId?: number;
}

export interface NewCase {
  readonly id?: string;
  readonly kind: "HOLD" | "APPEAL" | "REPORT";
  readonly accountId: string;
  readonly imageId?: string;
  readonly stage?: Stage;
  readonly category: Category;
  readonly statement?: string;
}

export interface EditMove {
  readonly to: EditStatus;
  readonly at: Date;
  readonly patch?: EditPatch;
  readonly events?: readonly ProgressEvent[];
  readonly outcomes?: readonly FilterOutcome[];
  readonly images?: readonly NewImage[];
  readonly provenance?: readonly NewProvenance[];
  readonly audit?: readonly AuditEntry[];
  /** Refusals that count against an account; one per edit and category. */
  readonly strikes?: readonly { readonly accountId: string; readonly category: Category }[];
  readonly cases?: readonly NewCase[];
}

/**
 * Moves an edit and stores all that belongs to the move, in one transaction. Returns false, and writes nothing, when the
 * edit does not stand where this move may start: somebody else, such as a cancellation, was first.
 */
export function moveEdit(db: Database, editId: string, move: EditMove): Promise<boolean> {
  const { to, patch, events = [] } = move;
  const eventSeq = events.reduce((last, { seq }) => Math.max(last, seq), 0);
  return db.write(async (tx) => {
    const { count } = await tx.edit.updateMany({
      where: { id: editId, status: { in: sourcesOf(to) } },
      data: { ...(eventSeq > 0 ? { eventSeq } : {}), ...columnsOf(patch), status: to },
    });
    if (count === 1) await writeBelongings(tx, editId, move);
    return count === 1;
  });
}

/** Stores what filters said, where no move comes with it. */
export async function recordOutcomes(
  db: Database,
  editId: string,
  outcomes: readonly FilterOutcome[],
  at: Date,
): Promise<void> {
  if (outcomes.length === 0) return;
  await db.client.moderationOutcome.createMany({ data: outcomes.map((outcome) => outcomeRow(editId, outcome, at)) });
}

function columnsOf(patch: EditPatch = {}): Prisma.EditUpdateManyMutationInput {
  const { verdict, approvedStages, ...rest } = patch;
  return {
    ...rest,
    ...(approvedStages === undefined ? {} : { approvedStages: [...approvedStages] }),
    ...(verdict === undefined ? {} : { verdict: verdict === null ? Prisma.DbNull : json(verdict) }),
  };
}

async function writeBelongings(tx: Transaction, editId: string, move: EditMove): Promise<void> {
  const { at, events, outcomes, images, provenance, audit, strikes, cases } = move;
  if (events?.length) await tx.editEvent.createMany({ data: events.map(eventRow) });
  if (outcomes?.length) {
    await tx.moderationOutcome.createMany({ data: outcomes.map((outcome) => outcomeRow(editId, outcome, at)) });
  }
  if (images?.length) {
    await tx.image.createMany({ data: images.map((image) => newImageRow({ ...image, editId }, at)) });
  }
  if (provenance?.length) {
    await tx.provenance.createMany({ data: provenance.map((made) => provenanceRow(editId, made, at)) });
  }
  for (const { accountId, category } of strikes ?? []) {
    const key = { editId, category };
    const create = { ...key, id: newId(at), accountId, createdAt: at };
    await tx.strike.upsert({ where: { editId_category: key }, create, update: {} });
  }
  if (cases?.length) {
    await tx.case.createMany({ data: cases.map((opened) => ({ id: newId(at), ...opened, editId, createdAt: at })) });
  }
  await writeAudit(tx, audit ?? [], at);
}

function outcomeRow(editId: string, outcome: FilterOutcome, at: Date): Prisma.ModerationOutcomeCreateManyInput {
  const { categories, ...rest } = outcome;
  return { ...rest, id: newId(at), editId, categories: categories.map(json), createdAt: at };
}

function provenanceRow(editId: string, made: NewProvenance, at: Date): Prisma.ProvenanceCreateManyInput {
  const { recipe, watermarkId, ...rest } = made;
  return {
    ...rest,
    editId,
    recipe: json(recipe),
    // The column is a signed number of 32 bits.
    ...(watermarkId === undefined ? {} : { watermarkId: watermarkId | 0 }),
    createdAt: at,
  };
}
