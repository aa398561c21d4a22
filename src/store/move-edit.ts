import type { AuditEntry } from "../core/audit.ts";
import { type EditStatus, sourcesOf } from "../core/edit.ts";
import { newId } from "../core/id.ts";
import type { FilterOutcome, Stage, StageVerdict } from "../core/moderation.ts";
import type { ProgressEvent } from "../core/progress.ts";
import { auditStatements } from "./audit-events.ts";
import { type NewCase, openCaseStatements } from "./cases.ts";
import type { Database } from "./database.ts";
import { eventRow, json } from "./edit-row.ts";
import { type NewImage, newImageRow, unblockedStatements } from "./images.ts";
import { type NewStrike, strikeStatements } from "./moderation-outcomes.ts";
import { type NewProvenance, provenanceRow } from "./provenance.ts";
import { insert, type Statement, updateStanding } from "./statement.ts";
import { type Used, usageStatements } from "./usage.ts";

export type { NewProvenance } from "./provenance.ts";

/** Columns of an edit that a move may set; null empties one. */
export interface EditPatch {
  /** Given where more numbers are taken than the events show: those of steps. */
  readonly eventSeq?: number;
  readonly approvedStages?: readonly Stage[];
  readonly verdict?: StageVerdict | null;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
  readonly errorRetryable?: boolean | null;
  readonly queuedAt?: Date | null;
  readonly startedAt?: Date | null;
  readonly finishedAt?: Date | null;
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
  readonly strikes?: readonly NewStrike[];
  readonly cases?: readonly Omit<NewCase, "editId">[];
  /** What the account has used by this. */
  readonly usage?: Omit<Used, "at">;
  /** Pictures of which none may be blocked: otherwise the edit does not move. */
  readonly unblocked?: readonly string[];
  /** Results that were held become its results. */
  readonly releasesHeld?: boolean;
}

/**
 * Moves an edit and stores all that belongs to the move, in one transaction. Returns false, and writes nothing, when the
 * edit does not stand where this move may start, for somebody else, such as a cancellation, was first, or where a picture
 * is blocked.
 */
export async function moveEdit(db: Database, editId: string, move: EditMove): Promise<boolean> {
  return db.batch(moveStatements(editId, move));
}

/** A move as a part of a batch. */
export function moveStatements(editId: string, move: EditMove): Statement[] {
  const { to, at, patch, events = [], outcomes = [], images = [], provenance = [], strikes = [], cases = [] } = move;
  const eventSeq = events.reduce((last, { seq }) => Math.max(last, seq), 0);
  const columns = { ...(eventSeq > 0 && { eventSeq }), ...patch, status: to };
  return [
    // Pictures before what an account has used, as an edit that is accepted takes them: else two could wait for each other.
    ...unblockedStatements(move.unblocked ?? []),
    updateStanding("Edit", { id: editId, statuses: sourcesOf(to) }, columns),
    ...insert("EditEvent", events.map(eventRow)),
    ...outcomeStatements(editId, outcomes, at),
    ...insert(
      "Image",
      images.map((image) => newImageRow({ ...image, editId }, at)),
    ),
    ...insert(
      "Provenance",
      provenance.map((made) => provenanceRow(editId, made, at)),
    ),
    ...strikeStatements(editId, strikes, at),
    ...openCaseStatements(
      cases.map((opened) => ({ ...opened, editId })),
      { actor: "server", at },
    ),
    ...usageStatements(move.usage === undefined ? [] : [{ ...move.usage, at }]),
    ...(move.releasesHeld ? [releaseHeld(editId)] : []),
    ...auditStatements(move.audit ?? [], at),
  ];
}

function releaseHeld(editId: string): Statement {
  return { sql: `UPDATE "Image" SET "kind" = 'OUTPUT' WHERE "editId" = $1 AND "kind" = 'HELD'`, values: [editId] };
}

function outcomeStatements(editId: string, outcomes: readonly FilterOutcome[], at: Date): Statement[] {
  const rows = outcomes.map(({ categories, ...outcome }) => ({
    ...outcome,
    id: newId(at),
    editId,
    categories: categories.map(json),
    createdAt: at,
  }));
  return insert("ModerationOutcome", rows);
}
