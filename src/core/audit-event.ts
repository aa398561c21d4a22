import { hash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** One act, as the audit log keeps it. Everything but `details` and `salt` goes into the chain and can never be erased. */
export interface AuditEvent {
  readonly id: string;
  readonly at: Date;
  /** Account, key or "server". */
  readonly actor: string;
  /** What was done: "edit.queued", "key.revoked" … */
  readonly kind: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** The account concerned. */
  readonly accountId: string | null;
  /** A category of moderation. */
  readonly category: string | null;
  /** JSON; null when there is nothing to say or it was erased. */
  readonly details: unknown;
  /** Random bytes in hex; "" once the details are erased, because digest and salt together would let them be guessed. */
  readonly salt: string;
  /** `detailsDigest(salt, details)` as it was when the event was written; 64 hex digits. */
  readonly detailsDigest: string;
}

/** An event that has its place in the chain. Hashes are 64 hex digits. */
export interface SealedEvent extends AuditEvent {
  /** From 0, without gaps. */
  readonly position: number;
  /** SHA-256 over the previous link and this event. */
  readonly link: string;
  /** Root of the largest complete Merkle subtree whose last leaf is this event. */
  readonly subtree: string;
}

/** SHA-256 over salt and canonical details, in hex: proves details that are kept, tells nothing of those that are not. */
export function detailsDigest(salt: string, details: unknown): string {
  return hash("sha256", `${salt}\n${canonicalJson(details ?? null)}`);
}

/** Whether what the row still holds is what the digest was made of. Erased details agree with every digest. */
export function detailsAgree(event: Pick<AuditEvent, "salt" | "details" | "detailsDigest">): boolean {
  return isErased(event) || detailsDigest(event.salt, event.details) === event.detailsDigest;
}

export function isErased({ salt, details }: Pick<AuditEvent, "salt" | "details">): boolean {
  return salt === "" && (details === null || details === undefined);
}
