import type { ShownEditFragment } from "../../../schema/generated/graphql.ts";
import { isOver, statusWords } from "../words.ts";
import type { Progress } from "./progress.ts";

/** Where an edit stands, in a few words. */
export function progressWords(edit: Pick<ShownEditFragment, "status" | "count">, progress: Progress): string {
  // Of an edit that is over, or held, the way there says nothing any more.
  const stands = isOver(edit.status) || edit.status === "IN_REVIEW";
  const { position = 0 } = progress;
  const before = position - edit.count;
  const status = stands ? edit.status : (progress.status ?? edit.status);
  if (status === "QUEUED" && before > 0) return `${before} ${before === 1 ? "picture is" : "pictures are"} before it`;
  if (status === "QUEUED" && position > 0) return "Next";
  return statusWords[status];
}
