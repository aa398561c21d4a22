import type { ImagePartsFragment } from "../../schema/generated/graphql.ts";
import { Failed, Refused } from "../core/errors.ts";
import type { Client } from "./client.ts";
import { duration } from "./format.ts";
import type { ProgressBar } from "./progress-bar.ts";

/**
 * Follows an edit to its end, drawing its progress; gives its pictures.
 *
 * @throws Refused CONTENT_REFUSED when it was refused or is held, CANCELLED; Failed with the edit's own code
 */
export async function followEdit(
  client: Client,
  editId: string,
  bar: ProgressBar,
): Promise<readonly ImagePartsFragment[]> {
  try {
    for await (const event of client.progress(editId)) {
      switch (event.__typename) {
        case "QueuedEvent":
          bar.update(0, `place ${event.position}, ${duration(event.etaMs / 1000)} to go`);
          break;
        case "StepEvent":
          bar.update(
            event.step / event.total,
            `step ${event.step}/${event.total}  ${duration(event.etaMs / 1000)} left`,
          );
          break;
        case "CompletedEvent":
          return event.images;
        case "ModeratedEvent":
          throw moderated(event);
        case "FailedEvent": {
          const { code, message, retryable } = event.error;
          throw new Failed(code as "ENGINE_FAILED", message, { retryable });
        }
        case "CancelledEvent":
          throw new Refused("CANCELLED", "the edit was cancelled");
        case "ExpiredEvent":
          throw new Refused("DEADLINE_UNREACHABLE", "the edit's deadline passed before it could begin");
      }
    }
  } finally {
    bar.clear();
  }
  throw new Failed("INTERNAL", "the server ended the progress of the edit too early", { retryable: true });
}

function moderated({
  status,
  verdict,
}: {
  status: string;
  verdict: { category: string; stage: string; appealable: boolean };
}) {
  const { category, stage, appealable } = verdict;
  if (status === "IN_REVIEW")
    return new Refused("CONTENT_REFUSED", "the edit is held until a moderator has looked at it");
  const what = { PROMPT: "the prompt", SOURCE: "the picture", OUTPUT: "the result" }[stage] ?? "it";
  const appeal = appealable ? "; the decision can be appealed" : "";
  return new Refused("CONTENT_REFUSED", `${what} was refused: ${category}${appeal}`);
}
