import type { EditRequest } from "../core/edit.ts";
import type { Stage, StageVerdict } from "../core/moderation.ts";
import type { ProgressEvent } from "../core/progress.ts";
import type { EditEvent, Edit as EditModel, Prisma } from "./generated/sqlite/client.ts";

/** An edit as it is stored, with the types of what stands in its JSON columns. */
export type Edit = Omit<EditModel, "request" | "approvedStages" | "verdict"> & {
  readonly request: EditRequest;
  readonly approvedStages: readonly Stage[];
  readonly verdict: StageVerdict | null;
};

/** Only this program writes these columns, so their types are asserted and not checked. */
export function editOf(row: EditModel): Edit {
  return row as unknown as Edit;
}

export function rowOf(edit: Edit): Prisma.EditCreateManyInput {
  return edit as unknown as Prisma.EditCreateManyInput;
}

/** A value of ours as JSON that Prisma takes. */
export function json(value: object): Prisma.InputJsonObject {
  return value as Prisma.InputJsonObject;
}

export function eventRow({ editId, seq, at, kind, ...body }: ProgressEvent): Prisma.EditEventCreateManyInput {
  return { editId, seq, at: new Date(at), kind, body: json(body) };
}

export function eventOf({ editId, seq, at, kind, body }: EditEvent): ProgressEvent {
  return { editId, seq, at: at.getTime(), kind, ...(body as object) } as ProgressEvent;
}
