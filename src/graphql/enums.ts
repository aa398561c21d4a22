import { registerEnumType } from "type-graphql";
import { type ExportFormat, exportFormats } from "../audit/export.ts";
import { accountStatuses, roles } from "../core/account.ts";
import { auditKinds, type AuditKind as Kind } from "../core/audit.ts";
import { editStatuses, outputFormats, outputSizes, priorities } from "../core/edit.ts";
import { categories, stages, verdicts } from "../core/moderation.ts";
import { caseActions } from "../journey/case-desk.ts";
import { listFormats } from "../moderation/hash-list/import-list.ts";

const kindSentences: Readonly<Record<Kind, string>> = {
  "account.created": "An account was made",
  "account.suspended": "It may edit no more",
  "account.reinstated": "It may edit again",
  "account.changed": "A setting of it was changed",
  "policy.accepted": "It accepted the policy",
  "key.created": "A key was made",
  "key.rotated": "A key was replaced by another",
  "key.revoked": "A key was ended",
  "upload.rejected": "Bytes came that are no picture that may be kept",
  "image.created": "A picture was brought in",
  "image.deleted": "The bytes of a picture were deleted",
  "image.viewed": "The bytes of a picture were handed out; once an hour for each account",
  "image.refused": "A picture that is blocked was brought in anew, and not taken",
  "image.blocked": "A picture is served no more",
  "image.unblocked": "A picture is served again",
  "edit.accepted": "An edit was asked for",
  "edit.moved": "An edit went on, or came to its end",
  "edit.rerun": "An edit is made again, to compare",
  "edit.compared": "A picture of a rerun came out, identical or how far off",
  "moderation.refused": "An edit was refused by filters or a moderator",
  "moderation.held": "An edit waits for a moderator",
  "case.opened": "Something waits for a moderator",
  "case.claimed": "A moderator took a case",
  "case.decided": "A moderator decided or escalated a case",
  "content.accessed": "A moderator asked for the pictures of a case",
  "hash-list.imported": "A list of known pictures was brought up to date",
  "hash-list.removed": "A list of known pictures was removed",
  "incident.sealed": "What the law wants kept was sealed",
  "incident.exported": "What was sealed was taken out",
  "config.loaded": "The server started, with what settings, model and filters",
  "audit.exported": "A file of audit events was taken",
  "audit.erased": "The details of an account's events were erased",
};

type EnumOf<Name extends string> = { readonly [Key in Name]: Key };

/** A list of words as a GraphQL enum; every value gets its sentence. */
function named<Name extends string>(
  name: string,
  description: string,
  words: readonly Name[],
  sentences: Partial<Record<Name, string>> = {},
): EnumOf<Name> {
  const values = Object.fromEntries(words.map((word) => [word, word])) as EnumOf<Name>;
  const valuesConfig = Object.fromEntries(
    Object.entries(sentences).map(([word, sentence]) => [word, { description: sentence as string }]),
  );
  registerEnumType(values, { name, description, valuesConfig: valuesConfig as never });
  return values;
}

export const EditStatus = named("EditStatus", "Where an edit stands.", editStatuses, {
  MODERATING: "Prompt and sources are being looked at by the filters.",
  QUEUED: "Waits for the engine.",
  RUNNING: "Is being made.",
  FINISHING: "All steps are made; the result is being decoded, looked at, marked, encoded and stored.",
  SUCCEEDED: "Done: `images` holds the results.",
  REFUSED: "A filter or a moderator refused it: `verdict` says why.",
  IN_REVIEW: "Held until a moderator has looked.",
  FAILED: "Could not be made: `error` says why.",
  CANCELLED: "Called off.",
  EXPIRED: "Its deadline passed before it could be begun.",
});
export const OutputFormat = named("OutputFormat", "File format of a picture.", outputFormats, {
  PNG: "Lossless.",
  JPEG: "Small and everywhere.",
  WEBP: "Smaller than JPEG.",
  AVIF: "Smallest, slow to make.",
});
export const OutputSize = named("OutputSize", "Size of a result.", outputSizes, {
  ORIGINAL:
    "The source's own size and ratio; where there are none or several, or another ratio was asked for, the model's.",
  MODEL: "The size that the model works at.",
});
export const Priority = named("Priority", "What goes first when many wait.", priorities, {
  INTERACTIVE: "Somebody is looking at the screen.",
  NORMAL: "The default.",
  BATCH: "Can wait until nobody else does.",
});
export const Stage = named("Stage", "What a filter looked at.", stages);
export const Category = named("Category", "What a filter may find.", categories, {
  CSAM: "Sexual abuse of children. Its filters cannot be turned off.",
  NCII: "Intimate imagery without consent. Its filters cannot be turned off.",
});
export const Verdict = named("Verdict", "What follows from what was found.", verdicts);
export const Role = named("Role", "What an account may do beyond its own edits.", roles, {
  USER: "Its own edits.",
  AUDITOR: "Reads the audit log.",
  MODERATOR: "Decides cases.",
  ADMIN: "Everything.",
});
export const AccountStatus = named("AccountStatus", "Whether an account may edit.", accountStatuses);
export const UploadState = named("UploadState", "Where an upload stands.", [
  "WAITING",
  "RECEIVING",
  "READY",
  "REJECTED",
] as const);
export const UploadKind = named("UploadKind", "What a picture is for.", ["SOURCE", "MASK", "VERIFY"] as const, {
  SOURCE: "A picture to edit.",
  MASK: "White is repainted, black is kept.",
  VERIFY: "A file to be verified: kept as it comes until the upload expires, and never a picture of the account.",
});
export const ImageKind = named("ImageKind", "What a picture is.", ["SOURCE", "MASK", "OUTPUT", "HELD"] as const, {
  HELD: "A result that waits for a moderator.",
});
export const CaseKind = named("CaseKind", "How a case came about.", ["HOLD", "APPEAL", "REPORT"] as const, {
  HOLD: "A filter could not let it pass without a person.",
  APPEAL: "The account asks for a second look at a refusal.",
  REPORT: "Somebody says that a picture should not be.",
});
export const CaseStatus = named(
  "CaseStatus",
  "Where a case stands.",
  ["OPEN", "CLAIMED", "ESCALATED", "APPROVED", "REJECTED"] as const,
  { ESCALATED: "A second person must decide." },
);
export const AppealStatus = named(
  "AppealStatus",
  "Where an appeal stands.",
  ["PENDING", "UPHELD", "REJECTED"] as const,
  {
    PENDING: "No moderator has decided it yet.",
    UPHELD: "The edit goes on, or went on.",
    REJECTED: "The refusal stands.",
  },
);
export const CaseAction = named("CaseAction", "What a moderator decides.", caseActions, {
  APPROVE: "It may be: a hold or an appeal goes on; a report is upheld, and its picture blocked.",
  REJECT: "It may not be; a report is unfounded.",
  ESCALATE: "A second person must decide.",
});
export const CredentialsState = named(
  "CredentialsState",
  "Whether content credentials hold.",
  ["TRUSTED", "VALID", "BROKEN", "ABSENT"] as const,
  {
    TRUSTED: "Untouched since it was signed, by somebody who is vouched for.",
    VALID: "Untouched since it was signed, by somebody unknown.",
    BROKEN: "There are some, and they do not fit the file or themselves.",
    ABSENT: "None were found, from which nothing follows.",
  },
);
export const HashListFormat = named("HashListFormat", "Shape of a list of hashes.", listFormats);

/** GraphQL's names hold no dots: "edit.accepted" is EDIT_ACCEPTED, and reaches resolvers as what it stands for. */
const kindNames = auditKinds.map((kind) => [kind.replace(/[.-]/g, "_").toUpperCase(), kind] as const);
export const AuditKind = Object.fromEntries(kindNames) as Readonly<Record<string, Kind>>;
registerEnumType(AuditKind, {
  name: "AuditKind",
  description: "What was done.",
  valuesConfig: Object.fromEntries(
    kindNames.map(([name, kind]) => [name, { description: `${kindSentences[kind]}: "${kind}" in files and proofs.` }]),
  ),
});
export const AuditFormat = named(
  "AuditFormat",
  "Shape of a file of audit events.",
  exportFormats.map((format) => format.toUpperCase() as Uppercase<ExportFormat>),
  {
    CSV: "With a header, for spreadsheets (RFC 4180); a cell that would be a formula begins with an apostrophe.",
    NDJSON: "An object a line; exact.",
  },
);
