import type { EditStatus, ProgressPartsFragment } from "../../../schema/generated/graphql.ts";

/** What is known of an edit while it is made. */
export interface Progress {
  readonly status: EditStatus | undefined;
  /** Of its last picture among all that wait; 1 begins next. */
  readonly position: number | undefined;
  /** When the result is expected, in milliseconds since 1970. */
  readonly expectedAt: number | undefined;
  /** Which of its pictures, from 0. */
  readonly index: number;
  readonly step: number;
  readonly total: number | undefined;
  /** A small picture as a data URL, of the latest step that brought one. */
  readonly preview: string | undefined;
}

export const nothingKnown: Progress = {
  status: undefined,
  position: undefined,
  expectedAt: undefined,
  index: 0,
  step: 0,
  total: undefined,
  preview: undefined,
};

/** An event, and when it came, in milliseconds since 1970. */
export interface Heard {
  readonly event: ProgressPartsFragment;
  readonly cameAt: number;
}

/**
 * What is known once an event has come. A step is told as it is done: its time runs from when it came, whatever the server's
 * clock says; a place in the queue may be told again long after.
 */
export function advance(before: Progress, { event, cameAt }: Heard): Progress {
  const { status } = event;
  if (event.__typename !== "QueuedEvent" && event.__typename !== "StepEvent") return { ...before, status };
  const saidAt = event.__typename === "StepEvent" ? cameAt : Date.parse(event.at);
  const known = { ...before, status, expectedAt: saidAt + event.etaMs };
  if (event.__typename === "QueuedEvent") return { ...known, position: event.position };
  const { index, step, total, preview } = event;
  return { ...known, index, step, total, preview: preview ?? before.preview };
}
