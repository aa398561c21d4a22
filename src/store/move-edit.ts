import type { AuditEntry } from "../core/audit.ts";
import { type EditStatus, sourcesOf } from "../core/edit.ts";
import { newId } from "../core/id.ts";
import type { Category, FilterOutcome, Stage, StageVerdict } from "../core/moderation.ts";
import type { ProgressEvent } from "../core/progress.ts";
import { auditStatements } from "./audit-events.ts";
import type { Database } from "./database.ts";
import { eventRow, json } from "./edit-row.ts";
import type { Prisma } from "./generated/sqlite/client.ts";
import { type NewImage, newImageRow } from "./images.ts";
import { insert, updateEdit } from "./statement.ts";

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
export async function moveEdit(db: Database, editId: string, move: EditMove): Promise<boolean> {
  const { to, at, patch, events = [], outcomes = [], images = [], provenance = [], strikes = [], cases = [] } = move;
  const eventSeq = events.reduce((last, { seq }) => Math.max(last, seq), 0);
  const numbered = eventSeq > 0 ? { eventSeq } : {};
  return db.batch([
    updateEdit(editId, sourcesOf(to), { ...numbered, ...patch, status: to }),
    ...insert("EditEvent", events.map(eventRow)),
    ...insert(
      "ModerationOutcome",
      outcomes.map((outcome) => outcomeRow(editId, outcome, at)),
    ),
    ...insert(
      "Image",
      images.map((image) => newImageRow({ ...image, editId }, at)),
    ),
    ...insert(
      "Provenance",
      provenance.map((made) => provenanceRow(editId, made, at)),
    ),
    ...insert(
      "Strike",
      strikes.map((strike) => ({ ...strike, id: newId(at), editId, createdAt: at })),
      "ignore",
    ),
    ...insert(
      "Case",
      cases.map((opened) => ({ id: newId(at), status: "OPEN", ...opened, editId, createdAt: at })),
    ),
    ...auditStatements(move.audit ?? [], at),
  ]);
}

/** Stores what filters said, where no move comes with it. */
export async function recordOutcomes(
  db: Database,
  editId: string,
  outcomes: readonly FilterOutcome[],
  at: Date,
): Promise<void> {
  await db.batch(
    insert(
      "ModerationOutcome",
      outcomes.map((outcome) => outcomeRow(editId, outcome, at)),
    ),
  );
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
