import { assert } from "./errors.ts";
import type { ImageFormat } from "./image.ts";

/** Where an edit stands. Order is the order of a successful life; the last six are off the way or its end. */
export const editStatuses = [
  "MODERATING",
  "QUEUED",
  "RUNNING",
  "FINISHING",
  "SUCCEEDED",
  "REFUSED",
  "IN_REVIEW",
  "FAILED",
  "CANCELLED",
  "EXPIRED",
] as const;
export type EditStatus = (typeof editStatuses)[number];

/**
 * The one table of moves. An edit that was interrupted goes back to QUEUED and starts again from its seed. A refusal
 * that is overturned on appeal, like a hold that is approved, goes on where it stopped; a held result is delivered as the
 * moderator saw it.
 */
const moves: Readonly<Record<EditStatus, readonly EditStatus[]>> = {
  MODERATING: ["QUEUED", "REFUSED", "IN_REVIEW", "FAILED", "CANCELLED", "EXPIRED"],
  QUEUED: ["RUNNING", "FAILED", "CANCELLED", "EXPIRED"],
  RUNNING: ["FINISHING", "QUEUED", "FAILED", "CANCELLED"],
  FINISHING: ["SUCCEEDED", "QUEUED", "REFUSED", "IN_REVIEW", "FAILED", "CANCELLED"],
  SUCCEEDED: [],
  REFUSED: ["MODERATING"],
  IN_REVIEW: ["MODERATING", "SUCCEEDED", "REFUSED", "CANCELLED"],
  FAILED: [],
  CANCELLED: [],
  EXPIRED: [],
};

export function mayMove(from: EditStatus, to: EditStatus): boolean {
  return moves[from].includes(to);
}

/** Throws on a move that the table does not hold: a bug of ours. */
export function checkMove(from: EditStatus, to: EditStatus): void {
  assert(mayMove(from, to), `an edit cannot move from ${from} to ${to}`);
}

/** The statuses from which an edit may move to `to`. */
export function sourcesOf(to: EditStatus): EditStatus[] {
  return editStatuses.filter((from) => mayMove(from, to));
}

/** Statuses whose progress stream has ended. A refusal may be appealed and a hold decided; both go on from there. */
export const settledStatuses = ["SUCCEEDED", "REFUSED", "FAILED", "CANCELLED", "EXPIRED"] as const;

export function isSettled(status: EditStatus): boolean {
  return (settledStatuses as readonly EditStatus[]).includes(status);
}

/** Statuses of accepted work that a start after a crash takes up again. */
export const unfinishedStatuses = ["MODERATING", "QUEUED", "RUNNING", "FINISHING"] as const satisfies EditStatus[];

export function isUnfinished(status: EditStatus): boolean {
  return (unfinishedStatuses as readonly EditStatus[]).includes(status);
}

export const priorities = ["INTERACTIVE", "NORMAL", "BATCH"] as const;
export type Priority = (typeof priorities)[number];

export const outputFormats = ["PNG", "JPEG", "WEBP", "AVIF"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export function imageFormatOf(format: OutputFormat): ImageFormat {
  return format.toLowerCase() as Lowercase<OutputFormat>;
}

export const outputSizes = ["ORIGINAL", "MODEL"] as const;
export type OutputSize = (typeof outputSizes)[number];

/**
 * An edit as it was accepted: every default filled in, the seed drawn, the bucket chosen. With the pictures that it
 * names it is all that is needed to make its results, again and again.
 */
export interface EditRequest {
  /** Ids of the source pictures; none for text to image. */
  readonly imageIds: readonly string[];
  readonly maskId?: string;
  /** 0…1, with a mask. */
  readonly strength: number;
  readonly model: string;
  readonly modelDigest: string;
  readonly steps: number;
  readonly guidance: number;
  readonly negativePrompt?: string;
  readonly trueCfg?: number;
  /** Of the first picture; the n-th has seed + n, modulo 2³². */
  readonly seed: number;
  readonly count: number;
  /** "16:9" or MATCH_INPUT, as asked. */
  readonly aspectRatio: string;
  /** Pixels that the model makes. */
  readonly bucket: { readonly width: number; readonly height: number };
  /** Pixels that the source is stretched to; absent without a source. */
  readonly contextBucket?: { readonly width: number; readonly height: number };
  readonly output: { readonly format: OutputFormat; readonly quality: number; readonly size: OutputSize };
  readonly safetyTolerance: number;
  readonly priority: Priority;
  /** Milliseconds since 1970 by which the result is wanted. */
  readonly deadlineAt?: number;
  /** The edit whose recipe this one runs again. */
  readonly rerunOf?: string;
  /** How noise is drawn and numbers are rounded. */
  readonly rounding: "float32" | "bfloat16";
}

/** Ids of all that an edit works on: its pictures, and its mask. */
export function sourceIdsOf({ imageIds, maskId }: Pick<EditRequest, "imageIds" | "maskId">): string[] {
  return [...imageIds, ...(maskId === undefined ? [] : [maskId])];
}

/** The seed of the picture with this index. */
export function seedOf(request: EditRequest, index: number): number {
  return (request.seed + index) % 2 ** 32;
}
