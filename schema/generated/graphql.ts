/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What an account may use beside others; what is left out stays as it is. */
export type AccountLimitsInput = {
  /** Its pictures that are made at once, 1 to 1000. */
  concurrencyMax?: number | null | undefined;
  /** Edits that it may hand in on one day, UTC, 1 to 1000000; null for any number. */
  editsPerDayMax?: number | null | undefined;
  /** What its pictures may take, in 10⁶ bytes, 1 to 10000000; null for anything. */
  storageMegabytesMax?: number | null | undefined;
  /** Its share of the engine beside others, 0.01 to 100; 1 is usual. */
  weight?: number | null | undefined;
};

/** Whether an account may edit. */
export type AccountStatus =
  | 'ACTIVE'
  | 'SUSPENDED';

/** Where an appeal stands. */
export type AppealStatus =
  /** No moderator has decided it yet. */
  | 'PENDING'
  /** The refusal stands. */
  | 'REJECTED'
  /** The edit goes on, or went on. */
  | 'UPHELD';

/** Which audit events; all that are shown to the account when it is left out. */
export type AuditFilterInput = {
  /** Concerned account. Other accounts need the role AUDITOR. */
  accountId?: string | number | null | undefined;
  /** Done by: id of an account or a key, or `server`. */
  actor?: string | number | null | undefined;
  /** Before; itself not included. */
  before?: string | null | undefined;
  /** Of moderation. */
  category?: Category | null | undefined;
  /** Not before. */
  from?: string | null | undefined;
  /** What was done: any of 1 to 8. */
  kinds?: Array<AuditKind> | null | undefined;
  /** Done to this: id of an edit, a picture, a case … */
  subjectId?: string | number | null | undefined;
};

/** Shape of a file of audit events. */
export type AuditFormat =
  /** With a header, for spreadsheets (RFC 4180); a cell that would be a formula begins with an apostrophe. */
  | 'CSV'
  /** An object a line; exact. */
  | 'NDJSON';

/** What was done. */
export type AuditKind =
  /** A setting of it was changed: "account.changed" in files and proofs. */
  | 'ACCOUNT_CHANGED'
  /** An account was made: "account.created" in files and proofs. */
  | 'ACCOUNT_CREATED'
  /** It may edit again: "account.reinstated" in files and proofs. */
  | 'ACCOUNT_REINSTATED'
  /** It may edit no more: "account.suspended" in files and proofs. */
  | 'ACCOUNT_SUSPENDED'
  /** The details of an account's events were erased: "audit.erased" in files and proofs. */
  | 'AUDIT_ERASED'
  /** A file of audit events was taken: "audit.exported" in files and proofs. */
  | 'AUDIT_EXPORTED'
  /** A moderator took a case: "case.claimed" in files and proofs. */
  | 'CASE_CLAIMED'
  /** A moderator decided or escalated a case: "case.decided" in files and proofs. */
  | 'CASE_DECIDED'
  /** Something waits for a moderator: "case.opened" in files and proofs. */
  | 'CASE_OPENED'
  /** The server started, with what settings, model and filters: "config.loaded" in files and proofs. */
  | 'CONFIG_LOADED'
  /** A moderator asked for the pictures of a case: "content.accessed" in files and proofs. */
  | 'CONTENT_ACCESSED'
  /** An edit was asked for: "edit.accepted" in files and proofs. */
  | 'EDIT_ACCEPTED'
  /** A picture of a rerun came out, identical or how far off: "edit.compared" in files and proofs. */
  | 'EDIT_COMPARED'
  /** An edit went on, or came to its end: "edit.moved" in files and proofs. */
  | 'EDIT_MOVED'
  /** An edit is made again, to compare: "edit.rerun" in files and proofs. */
  | 'EDIT_RERUN'
  /** A list of known pictures was brought up to date: "hash-list.imported" in files and proofs. */
  | 'HASH_LIST_IMPORTED'
  /** A list of known pictures was removed: "hash-list.removed" in files and proofs. */
  | 'HASH_LIST_REMOVED'
  /** A picture is served no more: "image.blocked" in files and proofs. */
  | 'IMAGE_BLOCKED'
  /** A picture was brought in: "image.created" in files and proofs. */
  | 'IMAGE_CREATED'
  /** The bytes of a picture were deleted: "image.deleted" in files and proofs. */
  | 'IMAGE_DELETED'
  /** A picture that is blocked was brought in anew, and not taken: "image.refused" in files and proofs. */
  | 'IMAGE_REFUSED'
  /** A picture is served again: "image.unblocked" in files and proofs. */
  | 'IMAGE_UNBLOCKED'
  /** The bytes of a picture were handed out; once an hour for each account: "image.viewed" in files and proofs. */
  | 'IMAGE_VIEWED'
  /** What was sealed was taken out: "incident.exported" in files and proofs. */
  | 'INCIDENT_EXPORTED'
  /** What the law wants kept was sealed: "incident.sealed" in files and proofs. */
  | 'INCIDENT_SEALED'
  /** A key was made: "key.created" in files and proofs. */
  | 'KEY_CREATED'
  /** A key was ended: "key.revoked" in files and proofs. */
  | 'KEY_REVOKED'
  /** A key was replaced by another: "key.rotated" in files and proofs. */
  | 'KEY_ROTATED'
  /** An edit waits for a moderator: "moderation.held" in files and proofs. */
  | 'MODERATION_HELD'
  /** An edit was refused by filters or a moderator: "moderation.refused" in files and proofs. */
  | 'MODERATION_REFUSED'
  /** It accepted the policy: "policy.accepted" in files and proofs. */
  | 'POLICY_ACCEPTED'
  /** Bytes came that are no picture that may be kept: "upload.rejected" in files and proofs. */
  | 'UPLOAD_REJECTED';

/** What a moderator decides. */
export type CaseAction =
  /** It may be: a hold or an appeal goes on; a report is upheld, and its picture blocked. */
  | 'APPROVE'
  /** A second person must decide. */
  | 'ESCALATE'
  /** It may not be; a report is unfounded. */
  | 'REJECT';

/** How a case came about. */
export type CaseKind =
  /** The account asks for a second look at a refusal. */
  | 'APPEAL'
  /** A filter could not let it pass without a person. */
  | 'HOLD'
  /** Somebody says that a picture should not be. */
  | 'REPORT';

/** Where a case stands. */
export type CaseStatus =
  | 'APPROVED'
  | 'CLAIMED'
  /** A second person must decide. */
  | 'ESCALATED'
  | 'OPEN'
  | 'REJECTED';

/** What a filter may find. */
export type Category =
  | 'COPYRIGHTED_CHARACTERS'
  /** Sexual abuse of children. Its filters cannot be turned off. */
  | 'CSAM'
  | 'GORE'
  | 'HARASSMENT'
  | 'HATE'
  | 'ILLEGAL_ACTS'
  /** Intimate imagery without consent. Its filters cannot be turned off. */
  | 'NCII'
  | 'OTHER'
  | 'PUBLIC_FIGURES'
  | 'SELF_HARM'
  | 'SEXUAL'
  | 'VIOLENCE';

/** Bytes to come. */
export type CreateUploadInput = {
  /** Their exact number, 1 to 20971520 (20 MiB). */
  byteLength: number;
  /** image/jpeg, image/png or image/webp, to be verified image/avif too; what counts is the content. */
  contentType: string;
  /** What the picture is for. */
  kind?: UploadKind;
  /** Their SHA-256 in hex, to be checked on arrival. */
  sha256?: string | null | undefined;
};

/** Whether content credentials hold. */
export type CredentialsState =
  /** None were found, from which nothing follows. */
  | 'ABSENT'
  /** There are some, and they do not fit the file or themselves. */
  | 'BROKEN'
  /** Untouched since it was signed, by somebody who is vouched for. */
  | 'TRUSTED'
  /** Untouched since it was signed, by somebody unknown. */
  | 'VALID';

/** An edit: a sentence, and mostly a picture. */
export type EditInput = {
  /** MATCH_INPUT (default), or width to height such as "16:9", from 3:7 to 7:3: the nearest of the 17 buckets is taken. */
  aspectRatio?: string | null | undefined;
  /** Pictures to make, 1 to 4, with seeds that follow each other; default 1. */
  count?: number | null | undefined;
  /** When the result is wanted; an edit that cannot be made by then is refused with DEADLINE_UNREACHABLE. */
  deadline?: string | null | undefined;
  /** How strongly the prompt counts, 1 to 9; the model's default when left out. */
  guidance?: number | null | undefined;
  /** 1 to 128 characters: the same key gives the same edit, however often it is sent; with other arguments it is refused. */
  idempotencyKey?: string | null | undefined;
  /** Pictures to edit, 0 to 4; several are placed side by side, and none makes a picture from the sentence alone. */
  images?: Array<ImageInput>;
  /** White is repainted, black keeps its very pixels; an upload of kind MASK. Stretched over the picture, of which it needs exactly one, and goes with no `aspectRatio`. */
  mask?: ImageInput | null | undefined;
  /** Name of a model; the one that is served when left out. */
  model?: string | null | undefined;
  /** What must not appear, up to 10,000 characters, perhaps none; needs `trueCfg`. */
  negativePrompt?: string | null | undefined;
  /** Format, quality and size of the result. */
  output?: OutputInput | null | undefined;
  /** NORMAL when left out. */
  priority?: Priority | null | undefined;
  /** What to change, 1 to 10,000 characters. More than 5,000, a negative prompt counted too, wait for a moderator. */
  prompt: string;
  /** 0 (strict) to 6, default 2; at most 2 counts with a picture unless the policy says more. */
  safetyTolerance?: number | null | undefined;
  /** 0 to 4294967295; the same seed gives the same picture. Drawn, and told by the edit, when left out. */
  seed?: number | null | undefined;
  /** Denoising steps, 1 to 100; the model's default when left out. */
  steps?: number | null | undefined;
  /** With a mask: 1 repaints from pure noise, less keeps more; over 0 to 1, default 1. */
  strength?: number | null | undefined;
  /** True classifier-free guidance, over 1 to 20; needs `negativePrompt` and doubles the time. */
  trueCfg?: number | null | undefined;
};

/** Where an edit stands. */
export type EditStatus =
  /** Called off. */
  | 'CANCELLED'
  /** Its deadline passed before it could be begun. */
  | 'EXPIRED'
  /** Could not be made: `error` says why. */
  | 'FAILED'
  /** All steps are made; the result is being decoded, looked at, marked, encoded and stored. */
  | 'FINISHING'
  /** Held until a moderator has looked. */
  | 'IN_REVIEW'
  /** Prompt and sources are being looked at by the filters. */
  | 'MODERATING'
  /** Waits for the engine. */
  | 'QUEUED'
  /** A filter or a moderator refused it: `verdict` says why. */
  | 'REFUSED'
  /** Is being made. */
  | 'RUNNING'
  /** Done: `images` holds the results. */
  | 'SUCCEEDED';

/** Shape of a list of hashes. */
export type HashListFormat =
  | 'csv'
  | 'json'
  | 'ncmec'
  | 'stopncii';

/** A picture: exactly one of the three. */
export type ImageInput = {
  /** The picture itself as a data URI, at most 4 MB: JPEG, PNG or WebP. */
  dataUri?: string | null | undefined;
  /** Id of a picture of the account, uploaded or made before. */
  imageId?: string | number | null | undefined;
  /** Id of an upload whose bytes have arrived, until an hour after its `expiresAt`; its picture's id stays. */
  uploadId?: string | number | null | undefined;
};

/** What a picture is. */
export type ImageKind =
  /** A result that waits for a moderator. */
  | 'HELD'
  | 'MASK'
  | 'OUTPUT'
  | 'SOURCE';

/** A list of hashes of known pictures, whole or what changed. */
export type ImportHashListInput = {
  /** Hours, over 0, after which it is stale, and what it would judge is held; counts where it is less than the policy file's. */
  ageHoursMax?: number | null | undefined;
  /** What its pictures are. */
  category: Category;
  /** The text's shape. */
  format: HashListFormat;
  /** Its name here: 1 to 64 of a-z, 0-9 and dashes. */
  name: string;
  /** Whether the text is the whole list, not what changed. */
  replace?: boolean;
  /** Who gave it, at most 200 characters. */
  source: string;
  /** The list; one too large for a request, of 8 MiB, comes by the command line. */
  text: string;
};

/** File format of a picture. */
export type OutputFormat =
  /** Smallest, slow to make. */
  | 'AVIF'
  /** Small and everywhere. */
  | 'JPEG'
  /** Lossless. */
  | 'PNG'
  /** Smaller than JPEG. */
  | 'WEBP';

/** What the result is delivered as. */
export type OutputInput = {
  /** PNG when left out. */
  format?: OutputFormat | null | undefined;
  /** Of JPEG, WebP and AVIF, 1 to 100; 90 when left out. */
  quality?: number | null | undefined;
  /** ORIGINAL when left out. */
  size?: OutputSize | null | undefined;
};

/** Size of a result. */
export type OutputSize =
  /** The size that the model works at. */
  | 'MODEL'
  /** The source's own size and ratio; where there are none or several, or another ratio was asked for, the model's. */
  | 'ORIGINAL';

/** What goes first when many wait. */
export type Priority =
  /** Can wait until nobody else does. */
  | 'BATCH'
  /** Somebody is looking at the screen. */
  | 'INTERACTIVE'
  /** The default. */
  | 'NORMAL';

/** What an account may do beyond its own edits. */
export type Role =
  /** Everything. */
  | 'ADMIN'
  /** Reads the audit log. */
  | 'AUDITOR'
  /** Decides cases. */
  | 'MODERATOR'
  /** Its own edits. */
  | 'USER';

/** What a filter looked at. */
export type Stage =
  | 'OUTPUT'
  | 'PROMPT'
  | 'SOURCE';

/** What a picture is for. */
export type UploadKind =
  /** White is repainted, black is kept. */
  | 'MASK'
  /** A picture to edit. */
  | 'SOURCE'
  /** A file to be verified: kept as it comes until the upload expires, and never a picture of the account. */
  | 'VERIFY';

/** What follows from what was found. */
export type Verdict =
  | 'ALLOW'
  | 'REFUSE'
  | 'REVIEW';

export type ImagePartsFragment = { id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null };

export type VerdictPartsFragment = { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean };

export type EditPartsFragment = { id: string, status: EditStatus, prompt: string, model: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, startedAt: string | null, finishedAt: string | null, bucket: { width: number, height: number }, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }>, sources: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> };

type ProgressParts_CancelledEvent_Fragment = { __typename: 'CancelledEvent', editId: string, seq: number, at: string, status: EditStatus };

type ProgressParts_CompletedEvent_Fragment = { __typename: 'CompletedEvent', editId: string, seq: number, at: string, status: EditStatus, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> };

type ProgressParts_ExpiredEvent_Fragment = { __typename: 'ExpiredEvent', editId: string, seq: number, at: string, status: EditStatus };

type ProgressParts_FailedEvent_Fragment = { __typename: 'FailedEvent', editId: string, seq: number, at: string, status: EditStatus, error: { code: string, message: string, retryable: boolean } };

type ProgressParts_ModeratedEvent_Fragment = { __typename: 'ModeratedEvent', editId: string, seq: number, at: string, status: EditStatus, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } };

type ProgressParts_QueuedEvent_Fragment = { __typename: 'QueuedEvent', position: number, etaMs: number, etaMsMin: number, etaMsMax: number, editId: string, seq: number, at: string, status: EditStatus };

type ProgressParts_ResumedEvent_Fragment = { __typename: 'ResumedEvent', editId: string, seq: number, at: string, status: EditStatus };

type ProgressParts_StartedEvent_Fragment = { __typename: 'StartedEvent', batchSize: number, bucket: string, editId: string, seq: number, at: string, status: EditStatus };

type ProgressParts_StepEvent_Fragment = { __typename: 'StepEvent', index: number, step: number, total: number, etaMs: number, preview: string | null, editId: string, seq: number, at: string, status: EditStatus };

export type ProgressPartsFragment =
  | ProgressParts_CancelledEvent_Fragment
  | ProgressParts_CompletedEvent_Fragment
  | ProgressParts_ExpiredEvent_Fragment
  | ProgressParts_FailedEvent_Fragment
  | ProgressParts_ModeratedEvent_Fragment
  | ProgressParts_QueuedEvent_Fragment
  | ProgressParts_ResumedEvent_Fragment
  | ProgressParts_StartedEvent_Fragment
  | ProgressParts_StepEvent_Fragment
;

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { editsToday: number, storedBytes: number, account: { id: string, name: string, role: Role, status: AccountStatus, suspendedReason: string | null, editsPerDayMax: number | null, storageMegabytesMax: number | null }, policy: { name: string, version: string, accepted: boolean } } };

export type ModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelsQuery = { models: Array<{ name: string, digest: string, licence: string, filterRequired: boolean, parameters: number, defaultSteps: number, defaultGuidance: number, provider: string, precision: string, ready: boolean }> };

export type SchedulerQueryVariables = Exact<{ [key: string]: never; }>;


export type SchedulerQuery = { scheduler: { pictures: number, backlogMs: number, backlogMsMax: number, buckets: Array<{ bucket: string, depth: number, oldestMs: number, open: number, runningRows: number, stepTimes: Array<{ rows: number, ms: number }> }> } };

export type EstimateQueryVariables = Exact<{
  input: EditInput;
}>;


export type EstimateQuery = { estimate: { position: number, seconds: number, secondsMin: number, secondsMax: number, megapixels: number, refusal: string | null, bucket: { width: number, height: number } } };

export type OneEditQueryVariables = Exact<{
  id: string | number;
}>;


export type OneEditQuery = { edit: { appeal: AppealStatus | null, id: string, status: EditStatus, prompt: string, model: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, startedAt: string | null, finishedAt: string | null, bucket: { width: number, height: number }, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }>, sources: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> } | null };

export type SignInMutationVariables = Exact<{
  code: string;
}>;


export type SignInMutation = { signIn: { secret: string, key: { id: string } } };

export type RevokeApiKeyMutationVariables = Exact<{
  id: string | number;
}>;


export type RevokeApiKeyMutation = { revokeApiKey: boolean };

export type AcceptPolicyMutationVariables = Exact<{
  version: string;
}>;


export type AcceptPolicyMutation = { acceptPolicy: { id: string, policyVersionAccepted: string | null } };

export type CreateUploadMutationVariables = Exact<{
  input: CreateUploadInput;
}>;


export type CreateUploadMutation = { createUpload: { url: string, upload: { id: string, expiresAt: string } } };

export type EditMutationVariables = Exact<{
  input: EditInput;
}>;


export type EditMutation = { edit: { id: string, status: EditStatus, prompt: string, model: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, startedAt: string | null, finishedAt: string | null, bucket: { width: number, height: number }, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }>, sources: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> } };

export type CancelEditMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelEditMutation = { cancelEdit: { id: string, status: EditStatus, prompt: string, model: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, startedAt: string | null, finishedAt: string | null, bucket: { width: number, height: number }, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }>, sources: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> } };

export type ProgressSubscriptionVariables = Exact<{
  editId: string | number;
  after: number;
  previews: boolean;
}>;


export type ProgressSubscription = { progress:
    | { __typename: 'CancelledEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'CompletedEvent', editId: string, seq: number, at: string, status: EditStatus, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> }
    | { __typename: 'ExpiredEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'FailedEvent', editId: string, seq: number, at: string, status: EditStatus, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'ModeratedEvent', editId: string, seq: number, at: string, status: EditStatus, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } }
    | { __typename: 'QueuedEvent', position: number, etaMs: number, etaMsMin: number, etaMsMax: number, editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'ResumedEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'StartedEvent', batchSize: number, bucket: string, editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'StepEvent', index: number, step: number, total: number, etaMs: number, preview: string | null, editId: string, seq: number, at: string, status: EditStatus }
   };

export type ActivitySubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ActivitySubscription = { activity:
    | { __typename: 'CancelledEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'CompletedEvent', editId: string, seq: number, at: string, status: EditStatus, images: Array<{ id: string, kind: ImageKind, width: number, height: number, contentType: string, byteLength: number, createdAt: string, url: string | null }> }
    | { __typename: 'ExpiredEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'FailedEvent', editId: string, seq: number, at: string, status: EditStatus, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'ModeratedEvent', editId: string, seq: number, at: string, status: EditStatus, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } }
    | { __typename: 'QueuedEvent', position: number, etaMs: number, etaMsMin: number, etaMsMax: number, editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'ResumedEvent', editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'StartedEvent', batchSize: number, bucket: string, editId: string, seq: number, at: string, status: EditStatus }
    | { __typename: 'StepEvent', index: number, step: number, total: number, etaMs: number, preview: string | null, editId: string, seq: number, at: string, status: EditStatus }
   };

export type ShownImageFragment = { id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null };

export type ShownEditFragment = { id: string, status: EditStatus, appeal: AppealStatus | null, prompt: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }>, sources: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }> };

export type EditShownQueryVariables = Exact<{
  id: string | number;
}>;


export type EditShownQuery = { edit: { id: string, status: EditStatus, appeal: AppealStatus | null, prompt: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }>, sources: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }> } | null };

export type EditsShownQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type EditsShownQuery = { edits: { edges: Array<{ node: { id: string, status: EditStatus, appeal: AppealStatus | null, prompt: string, steps: number, guidance: number, seed: number, count: number, aspectRatio: string, createdAt: string, error: { code: string, message: string, retryable: boolean } | null, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null, images: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }>, sources: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AppealEditMutationVariables = Exact<{
  id: string | number;
  statement: string;
}>;


export type AppealEditMutation = { appealEdit: { id: string, status: CaseStatus } };

export type CasePartsFragment = { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, account: { id: string, name: string, status: AccountStatus } };

export type CaseDetailsFragment = { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, decisions: Array<{ moderatorId: string, action: CaseAction, reason: string, createdAt: string }>, edit: { id: string, status: EditStatus, prompt: string, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null } | null, outcomes: Array<{ stage: Stage, index: number, filter: string, filterVersion: string, policyVersion: string, verdict: Verdict, trouble: string | null, ms: number, categories: Array<{ category: Category, score: number, threshold: number }> }>, account: { id: string, name: string, status: AccountStatus } };

export type ModerationCasesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  status?: Array<CaseStatus> | CaseStatus | null | undefined;
}>;


export type ModerationCasesQuery = { moderationCases: { edges: Array<{ node: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, account: { id: string, name: string, status: AccountStatus } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ModerationCaseQueryVariables = Exact<{
  id: string | number;
}>;


export type ModerationCaseQuery = { moderationCase: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, decisions: Array<{ moderatorId: string, action: CaseAction, reason: string, createdAt: string }>, edit: { id: string, status: EditStatus, prompt: string, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null } | null, outcomes: Array<{ stage: Stage, index: number, filter: string, filterVersion: string, policyVersion: string, verdict: Verdict, trouble: string | null, ms: number, categories: Array<{ category: Category, score: number, threshold: number }> }>, account: { id: string, name: string, status: AccountStatus } } };

export type CaseContentQueryVariables = Exact<{
  id: string | number;
  blurred: boolean;
}>;


export type CaseContentQuery = { moderationCase: { content: Array<{ imageId: string, kind: string, blocked: boolean, url: string | null }> } };

export type AccountHistoryQueryVariables = Exact<{
  accountId: string | number;
}>;


export type AccountHistoryQuery = { accountHistory: { account: { id: string, name: string, role: Role, status: AccountStatus, suspendedReason: string | null, createdAt: string }, strikes: Array<{ category: Category, count: number }> } | null };

export type ClaimCaseMutationVariables = Exact<{
  id: string | number;
}>;


export type ClaimCaseMutation = { claimCase: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, decisions: Array<{ moderatorId: string, action: CaseAction, reason: string, createdAt: string }>, edit: { id: string, status: EditStatus, prompt: string, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null } | null, outcomes: Array<{ stage: Stage, index: number, filter: string, filterVersion: string, policyVersion: string, verdict: Verdict, trouble: string | null, ms: number, categories: Array<{ category: Category, score: number, threshold: number }> }>, account: { id: string, name: string, status: AccountStatus } } };

export type ResolveCaseMutationVariables = Exact<{
  id: string | number;
  action: CaseAction;
  reason: string;
}>;


export type ResolveCaseMutation = { resolveCase: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, decisions: Array<{ moderatorId: string, action: CaseAction, reason: string, createdAt: string }>, edit: { id: string, status: EditStatus, prompt: string, verdict: { stage: Stage, verdict: Verdict, category: Category, score: number, threshold: number, policyVersion: string, appealable: boolean } | null } | null, outcomes: Array<{ stage: Stage, index: number, filter: string, filterVersion: string, policyVersion: string, verdict: Verdict, trouble: string | null, ms: number, categories: Array<{ category: Category, score: number, threshold: number }> }>, account: { id: string, name: string, status: AccountStatus } } };

export type ReportImageMutationVariables = Exact<{
  id: string | number;
  category: Category;
  statement: string;
}>;


export type ReportImageMutation = { reportImage: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, account: { id: string, name: string, status: AccountStatus } } };

export type UnblockImageMutationVariables = Exact<{
  id: string | number;
  reason: string;
}>;


export type UnblockImageMutation = { unblockImage: boolean };

export type PoliciesQueryVariables = Exact<{ [key: string]: never; }>;


export type PoliciesQuery = { policies: Array<string> };

export type SetAccountPolicyMutationVariables = Exact<{
  accountId: string | number;
  policy: string;
}>;


export type SetAccountPolicyMutation = { setAccountPolicy: { id: string, policy: string, policyVersionAccepted: string | null } };

export type SetAccountLimitsMutationVariables = Exact<{
  accountId: string | number;
  limits: AccountLimitsInput;
}>;


export type SetAccountLimitsMutation = { setAccountLimits: { id: string, weight: number, concurrencyMax: number, editsPerDayMax: number | null, storageMegabytesMax: number | null } };

export type SetAccountRoleMutationVariables = Exact<{
  accountId: string | number;
  role: Role;
}>;


export type SetAccountRoleMutation = { setAccountRole: { id: string, role: Role } };

export type DeleteImageMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteImageMutation = { deleteImage: { id: string } };

export type SuspendAccountMutationVariables = Exact<{
  accountId: string | number;
  reason: string;
}>;


export type SuspendAccountMutation = { suspendAccount: { id: string, status: AccountStatus, suspendedReason: string | null } };

export type ReinstateAccountMutationVariables = Exact<{
  accountId: string | number;
  reason: string;
}>;


export type ReinstateAccountMutation = { reinstateAccount: { id: string, status: AccountStatus, suspendedReason: string | null } };

export type CaseOpenedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type CaseOpenedSubscription = { caseOpened: { id: string, kind: CaseKind, status: CaseStatus, category: Category, stage: Stage | null, statement: string | null, claimedBy: string | null, createdAt: string, decidedAt: string | null, account: { id: string, name: string, status: AccountStatus } } };

export type ImportHashListMutationVariables = Exact<{
  input: ImportHashListInput;
}>;


export type ImportHashListMutation = { importHashList: { name: string, added: number, removed: number, skipped: number } };

export type AuditEventPartsFragment = { id: string, at: string, actor: string, actorName: string | null, kind: AuditKind, subjectKind: string, subjectId: string, accountId: string | null, accountName: string | null, category: Category | null, details: unknown, erased: boolean, detailsDigest: string, position: number | null, link: string | null };

export type AuditEventsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: AuditFilterInput | null | undefined;
}>;


export type AuditEventsQuery = { auditEvents: { edges: Array<{ cursor: string, node: { id: string, at: string, actor: string, actorName: string | null, kind: AuditKind, subjectKind: string, subjectId: string, accountId: string | null, accountName: string | null, category: Category | null, details: unknown, erased: boolean, detailsDigest: string, position: number | null, link: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AuditProofQueryVariables = Exact<{
  eventId: string | number;
}>;


export type AuditProofQuery = { auditProof: { position: number, previousLink: string, hashes: Array<string>, checkpoint: string, json: string, event: { id: string, at: string, actor: string, actorName: string | null, kind: AuditKind, subjectKind: string, subjectId: string, accountId: string | null, accountName: string | null, category: Category | null, details: unknown, erased: boolean, detailsDigest: string, position: number | null, link: string | null } } };

export type AuditCheckpointQueryVariables = Exact<{ [key: string]: never; }>;


export type AuditCheckpointQuery = { auditCheckpoint: { note: string | null, size: number, signedAt: string | null, sealed: number, waiting: number, publicKey: string } };

export type AuditConsistencyQueryVariables = Exact<{
  older: number;
  newer: number;
}>;


export type AuditConsistencyQuery = { auditConsistency: { older: number, newer: number, hashes: Array<string> } };

export type AuditExportQueryVariables = Exact<{
  format: AuditFormat;
  filter?: AuditFilterInput | null | undefined;
}>;


export type AuditExportQuery = { auditExport: string };

export type EraseAuditDetailsMutationVariables = Exact<{
  accountId: string | number;
}>;


export type EraseAuditDetailsMutation = { eraseAuditDetails: number };

export type UsageCountsFragment = { accountId: string, accountName: string | null, from: string, before: string, edits: number, pictures: number, succeeded: number, refused: number, held: number, failed: number, cancelled: number, expired: number, engineMs: number };

export type UsageQueryVariables = Exact<{
  from: string;
  before: string;
  accountId?: string | number | null | undefined;
}>;


export type UsageQuery = { usage: { accountId: string, accountName: string | null, from: string, before: string, edits: number, pictures: number, succeeded: number, refused: number, held: number, failed: number, cancelled: number, expired: number, engineMs: number, days: Array<{ day: string, edits: number, pictures: number, refused: number, engineMs: number }> } };

export type UsageByAccountQueryVariables = Exact<{
  from: string;
  before: string;
  first: number;
}>;


export type UsageByAccountQuery = { usageByAccount: Array<{ accountId: string, accountName: string | null, from: string, before: string, edits: number, pictures: number, succeeded: number, refused: number, held: number, failed: number, cancelled: number, expired: number, engineMs: number }> };

export type ProvenancePartsFragment = { index: number, recipe: unknown, pixelsDigest: string, watermark: string | null, fingerprint: { pdq: string, quality: number } | null, rerun: { imageId: string, identical: boolean, difference: { max: number, mean: number, psnr: number | null } | null } | null, credentials: { state: CredentialsState, own: boolean, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null } | null }> } | null }> } | null } | null, edit: { id: string } };

export type ManifestPartsFragment = { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null };

export type CredentialsPartsFragment = { state: CredentialsState, own: boolean, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null } | null }> } | null }> } | null };

export type ProvenanceQueryVariables = Exact<{
  imageId?: string | number | null | undefined;
  sha256?: string | null | undefined;
}>;


export type ProvenanceQuery = { provenance: { index: number, recipe: unknown, pixelsDigest: string, watermark: string | null, fingerprint: { pdq: string, quality: number } | null, rerun: { imageId: string, identical: boolean, difference: { max: number, mean: number, psnr: number | null } | null } | null, credentials: { state: CredentialsState, own: boolean, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null } | null }> } | null }> } | null } | null, edit: { id: string } } | null };

export type LineageQueryVariables = Exact<{
  imageId: string | number;
}>;


export type LineageQuery = { lineage: Array<{ id: string, prompt: string, status: EditStatus, sources: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }>, images: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null }> }> };

export type VerifyImageQueryVariables = Exact<{
  dataUri?: string | null | undefined;
  uploadId?: string | number | null | undefined;
}>;


export type VerifyImageQuery = { verifyImage: { summary: string, credentials: { state: CredentialsState, own: boolean, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, faults: Array<string>, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null, sources: Array<{ relationship: string, manifest: { title: string | null, generator: string | null, signer: string | null, organization: string | null, signedAt: string | null, actions: Array<string>, model: string | null, prompt: string | null, watermark: string | null } | null }> } | null }> } | null } | null, watermark: { payload: string, confidence: number, images: Array<{ id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null, provenance: { edit: { id: string } } | null }> } | null, fingerprint: { pdq: string, quality: number } | null, nearest: Array<{ distance: number, image: { kind: ImageKind, id: string, width: number, height: number, contentType: string, byteLength: number, url: string | null, shown: string | null, thumbnail: string | null, provenance: { edit: { id: string } } | null } }> } };

export type RerunEditMutationVariables = Exact<{
  id: string | number;
}>;


export type RerunEditMutation = { rerunEdit: { id: string, status: EditStatus, seed: number, steps: number } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const VerdictPartsFragmentDoc = new TypedDocumentString(`
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
    `, {"fragmentName":"VerdictParts"}) as unknown as TypedDocumentString<VerdictPartsFragment, unknown>;
export const ImagePartsFragmentDoc = new TypedDocumentString(`
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
    `, {"fragmentName":"ImageParts"}) as unknown as TypedDocumentString<ImagePartsFragment, unknown>;
export const EditPartsFragmentDoc = new TypedDocumentString(`
    fragment EditParts on Edit {
  id
  status
  prompt
  model
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  startedAt
  finishedAt
  bucket {
    width
    height
  }
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ImageParts
  }
  sources {
    ...ImageParts
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}`, {"fragmentName":"EditParts"}) as unknown as TypedDocumentString<EditPartsFragment, unknown>;
export const ProgressPartsFragmentDoc = new TypedDocumentString(`
    fragment ProgressParts on ProgressEvent {
  __typename
  editId
  seq
  at
  status
  ... on QueuedEvent {
    position
    etaMs
    etaMsMin
    etaMsMax
  }
  ... on StartedEvent {
    batchSize
    bucket
  }
  ... on StepEvent {
    index
    step
    total
    etaMs
    preview
  }
  ... on ModeratedEvent {
    verdict {
      ...VerdictParts
    }
  }
  ... on CompletedEvent {
    images {
      ...ImageParts
    }
  }
  ... on FailedEvent {
    error {
      code
      message
      retryable
    }
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}`, {"fragmentName":"ProgressParts"}) as unknown as TypedDocumentString<ProgressPartsFragment, unknown>;
export const ShownImageFragmentDoc = new TypedDocumentString(`
    fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}
    `, {"fragmentName":"ShownImage"}) as unknown as TypedDocumentString<ShownImageFragment, unknown>;
export const ShownEditFragmentDoc = new TypedDocumentString(`
    fragment ShownEdit on Edit {
  id
  status
  appeal
  prompt
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ShownImage
  }
  sources {
    ...ShownImage
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}`, {"fragmentName":"ShownEdit"}) as unknown as TypedDocumentString<ShownEditFragment, unknown>;
export const CasePartsFragmentDoc = new TypedDocumentString(`
    fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}
    `, {"fragmentName":"CaseParts"}) as unknown as TypedDocumentString<CasePartsFragment, unknown>;
export const CaseDetailsFragmentDoc = new TypedDocumentString(`
    fragment CaseDetails on ModerationCase {
  ...CaseParts
  decisions {
    moderatorId
    action
    reason
    createdAt
  }
  edit {
    id
    status
    prompt
    verdict {
      ...VerdictParts
    }
  }
  outcomes {
    stage
    index
    filter
    filterVersion
    policyVersion
    verdict
    trouble
    ms
    categories {
      category
      score
      threshold
    }
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}`, {"fragmentName":"CaseDetails"}) as unknown as TypedDocumentString<CaseDetailsFragment, unknown>;
export const AuditEventPartsFragmentDoc = new TypedDocumentString(`
    fragment AuditEventParts on AuditEvent {
  id
  at
  actor
  actorName
  kind
  subjectKind
  subjectId
  accountId
  accountName
  category
  details
  erased
  detailsDigest
  position
  link
}
    `, {"fragmentName":"AuditEventParts"}) as unknown as TypedDocumentString<AuditEventPartsFragment, unknown>;
export const UsageCountsFragmentDoc = new TypedDocumentString(`
    fragment UsageCounts on Usage {
  accountId
  accountName
  from
  before
  edits
  pictures
  succeeded
  refused
  held
  failed
  cancelled
  expired
  engineMs
}
    `, {"fragmentName":"UsageCounts"}) as unknown as TypedDocumentString<UsageCountsFragment, unknown>;
export const ManifestPartsFragmentDoc = new TypedDocumentString(`
    fragment ManifestParts on CredentialManifest {
  title
  generator
  signer
  organization
  signedAt
  actions
  model
  prompt
  watermark
}
    `, {"fragmentName":"ManifestParts"}) as unknown as TypedDocumentString<ManifestPartsFragment, unknown>;
export const CredentialsPartsFragmentDoc = new TypedDocumentString(`
    fragment CredentialsParts on Credentials {
  state
  own
  faults
  manifest {
    ...ManifestParts
    sources {
      relationship
      faults
      manifest {
        ...ManifestParts
        sources {
          relationship
          manifest {
            ...ManifestParts
          }
        }
      }
    }
  }
}
    fragment ManifestParts on CredentialManifest {
  title
  generator
  signer
  organization
  signedAt
  actions
  model
  prompt
  watermark
}`, {"fragmentName":"CredentialsParts"}) as unknown as TypedDocumentString<CredentialsPartsFragment, unknown>;
export const ProvenancePartsFragmentDoc = new TypedDocumentString(`
    fragment ProvenanceParts on Provenance {
  index
  recipe
  pixelsDigest
  watermark
  fingerprint {
    pdq
    quality
  }
  rerun {
    imageId
    identical
    difference {
      max
      mean
      psnr
    }
  }
  credentials {
    ...CredentialsParts
  }
  edit {
    id
  }
}
    fragment ManifestParts on CredentialManifest {
  title
  generator
  signer
  organization
  signedAt
  actions
  model
  prompt
  watermark
}
fragment CredentialsParts on Credentials {
  state
  own
  faults
  manifest {
    ...ManifestParts
    sources {
      relationship
      faults
      manifest {
        ...ManifestParts
        sources {
          relationship
          manifest {
            ...ManifestParts
          }
        }
      }
    }
  }
}`, {"fragmentName":"ProvenanceParts"}) as unknown as TypedDocumentString<ProvenancePartsFragment, unknown>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    account {
      id
      name
      role
      status
      suspendedReason
      editsPerDayMax
      storageMegabytesMax
    }
    editsToday
    storedBytes
    policy {
      name
      version
      accepted
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const ModelsDocument = new TypedDocumentString(`
    query Models {
  models {
    name
    digest
    licence
    filterRequired
    parameters
    defaultSteps
    defaultGuidance
    provider
    precision
    ready
  }
}
    `) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const SchedulerDocument = new TypedDocumentString(`
    query Scheduler {
  scheduler {
    pictures
    backlogMs
    backlogMsMax
    buckets {
      bucket
      depth
      oldestMs
      open
      runningRows
      stepTimes {
        rows
        ms
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SchedulerQuery, SchedulerQueryVariables>;
export const EstimateDocument = new TypedDocumentString(`
    query Estimate($input: EditInput!) {
  estimate(input: $input) {
    position
    seconds
    secondsMin
    secondsMax
    megapixels
    bucket {
      width
      height
    }
    refusal
  }
}
    `) as unknown as TypedDocumentString<EstimateQuery, EstimateQueryVariables>;
export const OneEditDocument = new TypedDocumentString(`
    query OneEdit($id: ID!) {
  edit(id: $id) {
    ...EditParts
    appeal
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment EditParts on Edit {
  id
  status
  prompt
  model
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  startedAt
  finishedAt
  bucket {
    width
    height
  }
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ImageParts
  }
  sources {
    ...ImageParts
  }
}`) as unknown as TypedDocumentString<OneEditQuery, OneEditQueryVariables>;
export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($code: String!) {
  signIn(code: $code) {
    secret
    key {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const RevokeApiKeyDocument = new TypedDocumentString(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id)
}
    `) as unknown as TypedDocumentString<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;
export const AcceptPolicyDocument = new TypedDocumentString(`
    mutation AcceptPolicy($version: String!) {
  acceptPolicy(version: $version) {
    id
    policyVersionAccepted
  }
}
    `) as unknown as TypedDocumentString<AcceptPolicyMutation, AcceptPolicyMutationVariables>;
export const CreateUploadDocument = new TypedDocumentString(`
    mutation CreateUpload($input: CreateUploadInput!) {
  createUpload(input: $input) {
    url
    upload {
      id
      expiresAt
    }
  }
}
    `) as unknown as TypedDocumentString<CreateUploadMutation, CreateUploadMutationVariables>;
export const EditDocument = new TypedDocumentString(`
    mutation Edit($input: EditInput!) {
  edit(input: $input) {
    ...EditParts
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment EditParts on Edit {
  id
  status
  prompt
  model
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  startedAt
  finishedAt
  bucket {
    width
    height
  }
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ImageParts
  }
  sources {
    ...ImageParts
  }
}`) as unknown as TypedDocumentString<EditMutation, EditMutationVariables>;
export const CancelEditDocument = new TypedDocumentString(`
    mutation CancelEdit($id: ID!) {
  cancelEdit(id: $id) {
    ...EditParts
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment EditParts on Edit {
  id
  status
  prompt
  model
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  startedAt
  finishedAt
  bucket {
    width
    height
  }
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ImageParts
  }
  sources {
    ...ImageParts
  }
}`) as unknown as TypedDocumentString<CancelEditMutation, CancelEditMutationVariables>;
export const ProgressDocument = new TypedDocumentString(`
    subscription Progress($editId: ID!, $after: Int!, $previews: Boolean!) {
  progress(editId: $editId, after: $after, previews: $previews) {
    ...ProgressParts
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment ProgressParts on ProgressEvent {
  __typename
  editId
  seq
  at
  status
  ... on QueuedEvent {
    position
    etaMs
    etaMsMin
    etaMsMax
  }
  ... on StartedEvent {
    batchSize
    bucket
  }
  ... on StepEvent {
    index
    step
    total
    etaMs
    preview
  }
  ... on ModeratedEvent {
    verdict {
      ...VerdictParts
    }
  }
  ... on CompletedEvent {
    images {
      ...ImageParts
    }
  }
  ... on FailedEvent {
    error {
      code
      message
      retryable
    }
  }
}`) as unknown as TypedDocumentString<ProgressSubscription, ProgressSubscriptionVariables>;
export const ActivityDocument = new TypedDocumentString(`
    subscription Activity {
  activity {
    ...ProgressParts
  }
}
    fragment ImageParts on Image {
  id
  kind
  width
  height
  contentType
  byteLength
  createdAt
  url
}
fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment ProgressParts on ProgressEvent {
  __typename
  editId
  seq
  at
  status
  ... on QueuedEvent {
    position
    etaMs
    etaMsMin
    etaMsMax
  }
  ... on StartedEvent {
    batchSize
    bucket
  }
  ... on StepEvent {
    index
    step
    total
    etaMs
    preview
  }
  ... on ModeratedEvent {
    verdict {
      ...VerdictParts
    }
  }
  ... on CompletedEvent {
    images {
      ...ImageParts
    }
  }
  ... on FailedEvent {
    error {
      code
      message
      retryable
    }
  }
}`) as unknown as TypedDocumentString<ActivitySubscription, ActivitySubscriptionVariables>;
export const EditShownDocument = new TypedDocumentString(`
    query EditShown($id: ID!) {
  edit(id: $id) {
    ...ShownEdit
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}
fragment ShownEdit on Edit {
  id
  status
  appeal
  prompt
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ShownImage
  }
  sources {
    ...ShownImage
  }
}`) as unknown as TypedDocumentString<EditShownQuery, EditShownQueryVariables>;
export const EditsShownDocument = new TypedDocumentString(`
    query EditsShown($first: Int!, $after: String) {
  edits(first: $first, after: $after) {
    edges {
      node {
        ...ShownEdit
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}
fragment ShownEdit on Edit {
  id
  status
  appeal
  prompt
  steps
  guidance
  seed
  count
  aspectRatio
  createdAt
  error {
    code
    message
    retryable
  }
  verdict {
    ...VerdictParts
  }
  images {
    ...ShownImage
  }
  sources {
    ...ShownImage
  }
}`) as unknown as TypedDocumentString<EditsShownQuery, EditsShownQueryVariables>;
export const AppealEditDocument = new TypedDocumentString(`
    mutation AppealEdit($id: ID!, $statement: String!) {
  appealEdit(id: $id, statement: $statement) {
    id
    status
  }
}
    `) as unknown as TypedDocumentString<AppealEditMutation, AppealEditMutationVariables>;
export const ModerationCasesDocument = new TypedDocumentString(`
    query ModerationCases($first: Int!, $after: String, $status: [CaseStatus!]) {
  moderationCases(first: $first, after: $after, status: $status) {
    edges {
      node {
        ...CaseParts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}`) as unknown as TypedDocumentString<ModerationCasesQuery, ModerationCasesQueryVariables>;
export const ModerationCaseDocument = new TypedDocumentString(`
    query ModerationCase($id: ID!) {
  moderationCase(id: $id) {
    ...CaseDetails
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}
fragment CaseDetails on ModerationCase {
  ...CaseParts
  decisions {
    moderatorId
    action
    reason
    createdAt
  }
  edit {
    id
    status
    prompt
    verdict {
      ...VerdictParts
    }
  }
  outcomes {
    stage
    index
    filter
    filterVersion
    policyVersion
    verdict
    trouble
    ms
    categories {
      category
      score
      threshold
    }
  }
}`) as unknown as TypedDocumentString<ModerationCaseQuery, ModerationCaseQueryVariables>;
export const CaseContentDocument = new TypedDocumentString(`
    query CaseContent($id: ID!, $blurred: Boolean!) {
  moderationCase(id: $id) {
    content(blurred: $blurred) {
      imageId
      kind
      blocked
      url
    }
  }
}
    `) as unknown as TypedDocumentString<CaseContentQuery, CaseContentQueryVariables>;
export const AccountHistoryDocument = new TypedDocumentString(`
    query AccountHistory($accountId: ID!) {
  accountHistory(accountId: $accountId) {
    account {
      id
      name
      role
      status
      suspendedReason
      createdAt
    }
    strikes {
      category
      count
    }
  }
}
    `) as unknown as TypedDocumentString<AccountHistoryQuery, AccountHistoryQueryVariables>;
export const ClaimCaseDocument = new TypedDocumentString(`
    mutation ClaimCase($id: ID!) {
  claimCase(id: $id) {
    ...CaseDetails
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}
fragment CaseDetails on ModerationCase {
  ...CaseParts
  decisions {
    moderatorId
    action
    reason
    createdAt
  }
  edit {
    id
    status
    prompt
    verdict {
      ...VerdictParts
    }
  }
  outcomes {
    stage
    index
    filter
    filterVersion
    policyVersion
    verdict
    trouble
    ms
    categories {
      category
      score
      threshold
    }
  }
}`) as unknown as TypedDocumentString<ClaimCaseMutation, ClaimCaseMutationVariables>;
export const ResolveCaseDocument = new TypedDocumentString(`
    mutation ResolveCase($id: ID!, $action: CaseAction!, $reason: String!) {
  resolveCase(id: $id, action: $action, reason: $reason) {
    ...CaseDetails
  }
}
    fragment VerdictParts on StageVerdict {
  stage
  verdict
  category
  score
  threshold
  policyVersion
  appealable
}
fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}
fragment CaseDetails on ModerationCase {
  ...CaseParts
  decisions {
    moderatorId
    action
    reason
    createdAt
  }
  edit {
    id
    status
    prompt
    verdict {
      ...VerdictParts
    }
  }
  outcomes {
    stage
    index
    filter
    filterVersion
    policyVersion
    verdict
    trouble
    ms
    categories {
      category
      score
      threshold
    }
  }
}`) as unknown as TypedDocumentString<ResolveCaseMutation, ResolveCaseMutationVariables>;
export const ReportImageDocument = new TypedDocumentString(`
    mutation ReportImage($id: ID!, $category: Category!, $statement: String!) {
  reportImage(id: $id, category: $category, statement: $statement) {
    ...CaseParts
  }
}
    fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}`) as unknown as TypedDocumentString<ReportImageMutation, ReportImageMutationVariables>;
export const UnblockImageDocument = new TypedDocumentString(`
    mutation UnblockImage($id: ID!, $reason: String!) {
  unblockImage(id: $id, reason: $reason)
}
    `) as unknown as TypedDocumentString<UnblockImageMutation, UnblockImageMutationVariables>;
export const PoliciesDocument = new TypedDocumentString(`
    query Policies {
  policies
}
    `) as unknown as TypedDocumentString<PoliciesQuery, PoliciesQueryVariables>;
export const SetAccountPolicyDocument = new TypedDocumentString(`
    mutation SetAccountPolicy($accountId: ID!, $policy: String!) {
  setAccountPolicy(accountId: $accountId, policy: $policy) {
    id
    policy
    policyVersionAccepted
  }
}
    `) as unknown as TypedDocumentString<SetAccountPolicyMutation, SetAccountPolicyMutationVariables>;
export const SetAccountLimitsDocument = new TypedDocumentString(`
    mutation SetAccountLimits($accountId: ID!, $limits: AccountLimitsInput!) {
  setAccountLimits(accountId: $accountId, limits: $limits) {
    id
    weight
    concurrencyMax
    editsPerDayMax
    storageMegabytesMax
  }
}
    `) as unknown as TypedDocumentString<SetAccountLimitsMutation, SetAccountLimitsMutationVariables>;
export const SetAccountRoleDocument = new TypedDocumentString(`
    mutation SetAccountRole($accountId: ID!, $role: Role!) {
  setAccountRole(accountId: $accountId, role: $role) {
    id
    role
  }
}
    `) as unknown as TypedDocumentString<SetAccountRoleMutation, SetAccountRoleMutationVariables>;
export const DeleteImageDocument = new TypedDocumentString(`
    mutation DeleteImage($id: ID!) {
  deleteImage(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<DeleteImageMutation, DeleteImageMutationVariables>;
export const SuspendAccountDocument = new TypedDocumentString(`
    mutation SuspendAccount($accountId: ID!, $reason: String!) {
  suspendAccount(accountId: $accountId, reason: $reason) {
    id
    status
    suspendedReason
  }
}
    `) as unknown as TypedDocumentString<SuspendAccountMutation, SuspendAccountMutationVariables>;
export const ReinstateAccountDocument = new TypedDocumentString(`
    mutation ReinstateAccount($accountId: ID!, $reason: String!) {
  reinstateAccount(accountId: $accountId, reason: $reason) {
    id
    status
    suspendedReason
  }
}
    `) as unknown as TypedDocumentString<ReinstateAccountMutation, ReinstateAccountMutationVariables>;
export const CaseOpenedDocument = new TypedDocumentString(`
    subscription CaseOpened {
  caseOpened {
    ...CaseParts
  }
}
    fragment CaseParts on ModerationCase {
  id
  kind
  status
  category
  stage
  statement
  claimedBy
  createdAt
  decidedAt
  account {
    id
    name
    status
  }
}`) as unknown as TypedDocumentString<CaseOpenedSubscription, CaseOpenedSubscriptionVariables>;
export const ImportHashListDocument = new TypedDocumentString(`
    mutation ImportHashList($input: ImportHashListInput!) {
  importHashList(input: $input) {
    name
    added
    removed
    skipped
  }
}
    `) as unknown as TypedDocumentString<ImportHashListMutation, ImportHashListMutationVariables>;
export const AuditEventsDocument = new TypedDocumentString(`
    query AuditEvents($first: Int!, $after: String, $filter: AuditFilterInput) {
  auditEvents(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...AuditEventParts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AuditEventParts on AuditEvent {
  id
  at
  actor
  actorName
  kind
  subjectKind
  subjectId
  accountId
  accountName
  category
  details
  erased
  detailsDigest
  position
  link
}`) as unknown as TypedDocumentString<AuditEventsQuery, AuditEventsQueryVariables>;
export const AuditProofDocument = new TypedDocumentString(`
    query AuditProof($eventId: ID!) {
  auditProof(eventId: $eventId) {
    event {
      ...AuditEventParts
    }
    position
    previousLink
    hashes
    checkpoint
    json
  }
}
    fragment AuditEventParts on AuditEvent {
  id
  at
  actor
  actorName
  kind
  subjectKind
  subjectId
  accountId
  accountName
  category
  details
  erased
  detailsDigest
  position
  link
}`) as unknown as TypedDocumentString<AuditProofQuery, AuditProofQueryVariables>;
export const AuditCheckpointDocument = new TypedDocumentString(`
    query AuditCheckpoint {
  auditCheckpoint {
    note
    size
    signedAt
    sealed
    waiting
    publicKey
  }
}
    `) as unknown as TypedDocumentString<AuditCheckpointQuery, AuditCheckpointQueryVariables>;
export const AuditConsistencyDocument = new TypedDocumentString(`
    query AuditConsistency($older: Int!, $newer: Int!) {
  auditConsistency(older: $older, newer: $newer) {
    older
    newer
    hashes
  }
}
    `) as unknown as TypedDocumentString<AuditConsistencyQuery, AuditConsistencyQueryVariables>;
export const AuditExportDocument = new TypedDocumentString(`
    query AuditExport($format: AuditFormat!, $filter: AuditFilterInput) {
  auditExport(format: $format, filter: $filter)
}
    `) as unknown as TypedDocumentString<AuditExportQuery, AuditExportQueryVariables>;
export const EraseAuditDetailsDocument = new TypedDocumentString(`
    mutation EraseAuditDetails($accountId: ID!) {
  eraseAuditDetails(accountId: $accountId)
}
    `) as unknown as TypedDocumentString<EraseAuditDetailsMutation, EraseAuditDetailsMutationVariables>;
export const UsageDocument = new TypedDocumentString(`
    query Usage($from: DateTimeISO!, $before: DateTimeISO!, $accountId: ID) {
  usage(from: $from, before: $before, accountId: $accountId) {
    ...UsageCounts
    days {
      day
      edits
      pictures
      refused
      engineMs
    }
  }
}
    fragment UsageCounts on Usage {
  accountId
  accountName
  from
  before
  edits
  pictures
  succeeded
  refused
  held
  failed
  cancelled
  expired
  engineMs
}`) as unknown as TypedDocumentString<UsageQuery, UsageQueryVariables>;
export const UsageByAccountDocument = new TypedDocumentString(`
    query UsageByAccount($from: DateTimeISO!, $before: DateTimeISO!, $first: Int!) {
  usageByAccount(from: $from, before: $before, first: $first) {
    ...UsageCounts
  }
}
    fragment UsageCounts on Usage {
  accountId
  accountName
  from
  before
  edits
  pictures
  succeeded
  refused
  held
  failed
  cancelled
  expired
  engineMs
}`) as unknown as TypedDocumentString<UsageByAccountQuery, UsageByAccountQueryVariables>;
export const ProvenanceDocument = new TypedDocumentString(`
    query Provenance($imageId: ID, $sha256: String) {
  provenance(imageId: $imageId, sha256: $sha256) {
    ...ProvenanceParts
  }
}
    fragment ProvenanceParts on Provenance {
  index
  recipe
  pixelsDigest
  watermark
  fingerprint {
    pdq
    quality
  }
  rerun {
    imageId
    identical
    difference {
      max
      mean
      psnr
    }
  }
  credentials {
    ...CredentialsParts
  }
  edit {
    id
  }
}
fragment ManifestParts on CredentialManifest {
  title
  generator
  signer
  organization
  signedAt
  actions
  model
  prompt
  watermark
}
fragment CredentialsParts on Credentials {
  state
  own
  faults
  manifest {
    ...ManifestParts
    sources {
      relationship
      faults
      manifest {
        ...ManifestParts
        sources {
          relationship
          manifest {
            ...ManifestParts
          }
        }
      }
    }
  }
}`) as unknown as TypedDocumentString<ProvenanceQuery, ProvenanceQueryVariables>;
export const LineageDocument = new TypedDocumentString(`
    query Lineage($imageId: ID!) {
  lineage(imageId: $imageId) {
    id
    prompt
    status
    sources {
      ...ShownImage
    }
    images {
      ...ShownImage
    }
  }
}
    fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}`) as unknown as TypedDocumentString<LineageQuery, LineageQueryVariables>;
export const VerifyImageDocument = new TypedDocumentString(`
    query VerifyImage($dataUri: String, $uploadId: ID) {
  verifyImage(dataUri: $dataUri, uploadId: $uploadId) {
    summary
    credentials {
      ...CredentialsParts
    }
    watermark {
      payload
      confidence
      images {
        ...ShownImage
        provenance {
          edit {
            id
          }
        }
      }
    }
    fingerprint {
      pdq
      quality
    }
    nearest {
      distance
      image {
        ...ShownImage
        kind
        provenance {
          edit {
            id
          }
        }
      }
    }
  }
}
    fragment ShownImage on Image {
  id
  width
  height
  contentType
  byteLength
  url
  shown: url(variant: {width: 2048, format: WEBP, quality: 90})
  thumbnail: url(variant: {width: 256, format: WEBP})
}
fragment ManifestParts on CredentialManifest {
  title
  generator
  signer
  organization
  signedAt
  actions
  model
  prompt
  watermark
}
fragment CredentialsParts on Credentials {
  state
  own
  faults
  manifest {
    ...ManifestParts
    sources {
      relationship
      faults
      manifest {
        ...ManifestParts
        sources {
          relationship
          manifest {
            ...ManifestParts
          }
        }
      }
    }
  }
}`) as unknown as TypedDocumentString<VerifyImageQuery, VerifyImageQueryVariables>;
export const RerunEditDocument = new TypedDocumentString(`
    mutation RerunEdit($id: ID!) {
  rerunEdit(id: $id) {
    id
    status
    seed
    steps
  }
}
    `) as unknown as TypedDocumentString<RerunEditMutation, RerunEditMutationVariables>;