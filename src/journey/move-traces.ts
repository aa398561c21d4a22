import type { AuditEntry } from "../core/audit.ts";
import type { EditStatus } from "../core/edit.ts";
import type { EditMove } from "../store/move-edit.ts";
import type { Counter, Counts } from "../store/usage.ts";

/** What is stored with a move beside its events and its traces. */
export type Belongings = Omit<EditMove, "to" | "at" | "events" | "audit" | "usage">;

/** What the audit log keeps of a move, and of how the pictures of a rerun came out. */
export function entriesOf(
  about: Omit<AuditEntry, "kind" | "details">,
  from: EditStatus,
  to: EditStatus,
  belongings: Belongings,
): AuditEntry[] {
  return [
    { ...about, kind: auditKindOf(to), details: detailsOf(from, to, belongings) },
    ...comparisonsOf(belongings).map((details) => ({ ...about, kind: "edit.compared", details }) as const),
  ];
}

function auditKindOf(to: EditStatus): AuditEntry["kind"] {
  if (to === "REFUSED") return "moderation.refused";
  return to === "IN_REVIEW" ? "moderation.held" : "edit.moved";
}

/** What a move shows an auditor: from where to where, what the filters decided, which pictures came of it. */
function detailsOf(from: EditStatus, to: EditStatus, { outcomes = [], images = [] }: Belongings) {
  return {
    from,
    to,
    ...(outcomes.length > 0 && {
      verdicts: outcomes.map(({ stage, index, filter, filterVersion, policyVersion, verdict }) => ({
        stage,
        index,
        filter,
        filterVersion,
        policyVersion,
        verdict,
      })),
    }),
    ...(images.length > 0 && { images: images.map(({ id, digest }) => ({ id, digest })) }),
  };
}

/** How the pictures of a rerun came out beside those that they make again. */
function comparisonsOf({ provenance = [] }: Belongings) {
  return provenance.flatMap(({ imageId, recipe: { rerun } }) =>
    rerun === undefined
      ? []
      : [{ imageId, earlierImageId: rerun.imageId, identical: rerun.identical, difference: rerun.difference }],
  );
}

const counterOf = {
  SUCCEEDED: "succeeded",
  REFUSED: "refused",
  IN_REVIEW: "held",
  FAILED: "failed",
  CANCELLED: "cancelled",
  EXPIRED: "expired",
} as const satisfies Partial<Record<EditStatus, Counter>>;

/** What a move adds to the account's usage. */
export function countsOf(to: EditStatus, { images = [] }: Belongings): Counts {
  const counter = (counterOf as Partial<Record<EditStatus, Counter>>)[to];
  return { ...(counter && { [counter]: 1 }), pictures: images.length };
}
