import type { AuditEventPartsFragment, AuditKind, EditStatus } from "../../../schema/generated/graphql.ts";
import { statusWords } from "../words.ts";

/** What was done, in words, by what it was done to. */
export const kindGroups: readonly (readonly [string, Readonly<Partial<Record<AuditKind, string>>>])[] = [
  [
    "Edits",
    {
      EDIT_ACCEPTED: "Edit accepted",
      EDIT_MOVED: "Edit went on",
      EDIT_RERUN: "Edit made again",
      EDIT_COMPARED: "Rerun compared",
      MODERATION_REFUSED: "Edit refused",
      MODERATION_HELD: "Edit held",
    },
  ],
  [
    "Pictures",
    {
      IMAGE_CREATED: "Picture brought in",
      IMAGE_VIEWED: "Picture looked at",
      IMAGE_DELETED: "Picture deleted",
      IMAGE_REFUSED: "Blocked picture refused",
      IMAGE_BLOCKED: "Picture blocked",
      IMAGE_UNBLOCKED: "Picture unblocked",
      UPLOAD_REJECTED: "Upload rejected",
    },
  ],
  [
    "Moderation",
    {
      CASE_OPENED: "Case opened",
      CASE_CLAIMED: "Case claimed",
      CASE_DECIDED: "Case decided",
      CONTENT_ACCESSED: "Pictures of a case asked for",
      HASH_LIST_IMPORTED: "Hash list imported",
      HASH_LIST_REMOVED: "Hash list removed",
      INCIDENT_SEALED: "Incident sealed",
      INCIDENT_EXPORTED: "Incident taken out",
    },
  ],
  [
    "Accounts and keys",
    {
      ACCOUNT_CREATED: "Account made",
      ACCOUNT_CHANGED: "Account changed",
      ACCOUNT_SUSPENDED: "Account suspended",
      ACCOUNT_REINSTATED: "Account reinstated",
      POLICY_ACCEPTED: "Policy accepted",
      KEY_CREATED: "Key made",
      KEY_ROTATED: "Key replaced",
      KEY_REVOKED: "Key ended",
    },
  ],
  [
    "Server and log",
    {
      CONFIG_LOADED: "Server started",
      AUDIT_EXPORTED: "Events exported",
      AUDIT_ERASED: "Details erased",
    },
  ],
];

const words: Readonly<Partial<Record<AuditKind, string>>> = Object.assign({}, ...kindGroups.map(([, kinds]) => kinds));

/** The API's name of what files and proofs call "edit.accepted". */
export function kindNamed(word: string): AuditKind {
  return word.replace(/[.-]/g, "_").toUpperCase() as AuditKind;
}

/** What an event says, in a few words. */
export function eventWords({ kind, details }: Pick<AuditEventPartsFragment, "kind" | "details">): string {
  const to = (details as { to?: EditStatus } | null)?.to;
  if (kind === "EDIT_MOVED" && to !== undefined && to in statusWords) return `Edit: ${statusWords[to].toLowerCase()}`;
  return words[kind] ?? kind.toLowerCase().replaceAll("_", " ");
}

export const subjectWords: Readonly<Record<string, string>> = {
  account: "account",
  key: "key",
  upload: "upload",
  image: "picture",
  edit: "edit",
  case: "case",
  incident: "incident",
  "hash-list": "hash list",
  server: "server",
};

/** The end of an id, which is enough to tell two apart on a page. */
export function short(id: string): string {
  return id.length > 12 ? `…${id.slice(-8)}` : id;
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function exactly(iso: string): string {
  return exact.format(new Date(iso));
}
