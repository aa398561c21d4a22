import type { StageVerdict } from "./moderation.ts";

interface EventBase {
  readonly editId: string;
  /** Rises by one per edit, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What happens to an edit, as its subscribers are told. All but steps are kept with the edit and can be replayed. */
export type ProgressEvent = EventBase &
  (
    | {
        readonly kind: "queued";
        /** Of the edit's last picture in the queue: 1 begins next, 0 has begun. */
        readonly position: number;
        /** Milliseconds until the result is expected, with the interval it lies in nine times of ten. */
        readonly etaMs: number;
        readonly etaMsMin: number;
        readonly etaMsMax: number;
      }
    | { readonly kind: "started"; readonly batchSize: number; readonly bucket: string }
    | {
        readonly kind: "step";
        /** Which of the edit's pictures, from 0. */
        readonly index: number;
        /** Steps done, and in all, of this picture. */
        readonly step: number;
        readonly total: number;
        readonly etaMs: number;
        /** A small WebP as a data URL: the picture as the model sees it now. */
        readonly preview?: string;
      }
    | { readonly kind: "moderated"; readonly status: "REFUSED" | "IN_REVIEW"; readonly verdict: StageVerdict }
    | { readonly kind: "resumed" }
    | { readonly kind: "completed"; readonly imageIds: readonly string[] }
    | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly retryable: boolean }
    | { readonly kind: "cancelled" }
    | { readonly kind: "expired" }
  );

export type ProgressKind = ProgressEvent["kind"];

/** Events after which a stream ends. */
export function endsStream(event: ProgressEvent): boolean {
  switch (event.kind) {
    case "completed":
    case "failed":
    case "cancelled":
    case "expired":
      return true;
    case "moderated":
      return event.status === "REFUSED";
    default:
      return false;
  }
}
