import { useEffect, useReducer, useState } from "react";
import {
  EditShownDocument,
  type EditStatus,
  type ProgressPartsFragment,
  type ShownEditFragment,
} from "../../../schema/generated/graphql.ts";
import { ApiError } from "../api.ts";
import { useSession } from "../session.ts";
import { isOver } from "../words.ts";

/** What is known of an edit while it is made. */
export interface Progress {
  readonly status: EditStatus | undefined;
  /** Edits before it; 1 begins next. */
  readonly position: number | undefined;
  readonly etaMs: number | undefined;
  /** Which of its pictures, from 0. */
  readonly index: number;
  readonly step: number;
  readonly total: number | undefined;
  /** A small picture as a data URL, of the latest step that brought one. */
  readonly preview: string | undefined;
}

const nothing: Progress = {
  status: undefined,
  position: undefined,
  etaMs: undefined,
  index: 0,
  step: 0,
  total: undefined,
  preview: undefined,
};

function advance(before: Progress, event: ProgressPartsFragment): Progress {
  const { status } = event;
  if (event.__typename === "QueuedEvent") return { ...before, status, position: event.position, etaMs: event.etaMs };
  if (event.__typename !== "StepEvent") return { ...before, status };
  const { index, step, total, etaMs } = event;
  return { ...before, status, index, step, total, etaMs, preview: event.preview ?? before.preview };
}

/**
 * An edit and how it goes on, until its end.
 * @param known where the list says that it stands: an edit that was over and goes on again is followed anew
 */
export function useFollow(id: string, known: EditStatus | undefined) {
  const { api, live } = useSession();
  const [edit, setEdit] = useState<ShownEditFragment>();
  const [error, setError] = useState<ApiError>();
  const [progress, tell] = useReducer(advance, nothing);
  const over = known !== undefined && isOver(known);

  // biome-ignore lint/correctness/useExhaustiveDependencies: that it is over, or is not any more, is asked for anew
  useEffect(() => {
    let stop = () => {};
    let gone = false;
    const load = async () => {
      const { edit: found } = await api.ask(EditShownDocument, { id });
      if (gone) return undefined;
      if (found == null) throw new ApiError("NOT_FOUND", "There is no such edit.");
      setEdit(found);
      return found;
    };
    const fail = (why: ApiError) => gone || setError(why);
    const follow = (found: ShownEditFragment | undefined) => {
      if (found === undefined || isOver(found.status)) return;
      stop = live.progress(id, {
        onValue: (event) => {
          tell(event);
          if (isOver(event.status) || event.status === "IN_REVIEW") load().catch(fail);
        },
        onError: fail,
      });
    };
    load().then(follow).catch(fail);
    // Signed addresses live for an hour; whoever comes back to the page gets fresh ones.
    const renew = () => document.visibilityState === "visible" && load().catch(fail);
    document.addEventListener("visibilitychange", renew);
    return () => {
      gone = true;
      document.removeEventListener("visibilitychange", renew);
      stop();
    };
  }, [id, api, live, over]);
  return { edit, error, progress, setEdit };
}
