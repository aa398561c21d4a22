import type { Category } from "./moderation.ts";

/** Every kind of act that the audit log keeps. A name is never reused for another meaning. */
export const auditKinds = [
  "account.created",
  "account.suspended",
  "account.reinstated",
  "account.changed",
  "policy.accepted",
  "key.created",
  "key.rotated",
  "key.revoked",
  "upload.rejected",
  "image.created",
  "image.deleted",
  "image.viewed",
  "image.refused",
  "image.blocked",
  "image.unblocked",
  "edit.accepted",
  "edit.moved",
  "edit.rerun",
  "edit.compared",
  "moderation.refused",
  "moderation.held",
  "case.opened",
  "case.claimed",
  "case.decided",
  "content.accessed",
  "hash-list.imported",
  "hash-list.removed",
  "incident.sealed",
  "incident.exported",
  "config.loaded",
  "audit.exported",
  "audit.erased",
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** One act, before it gets its time, salt and digest. Details hold no prompt, no pixels and no secret. */
export interface AuditEntry {
  /** Id of an account or key, or "server". */
  readonly actor: string;
  readonly kind: AuditKind;
  readonly subjectKind: "account" | "key" | "upload" | "image" | "edit" | "case" | "incident" | "hash-list" | "server";
  readonly subjectId: string;
  /** The account concerned. */
  readonly accountId?: string;
  readonly category?: Category;
  /** JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Who does something, and when. */
export interface Act {
  /** Id of an account or key, or "server". */
  readonly actor: string;
  readonly at: Date;
}
