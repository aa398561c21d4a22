import { useCallback, useEffect, useReducer, useState } from "react";
import { EditShownDocument, type EditStatus, type ShownEditFragment } from "../../../schema/generated/graphql.ts";
import { ApiError } from "../api.ts";
import { useSession } from "../session.ts";
import { now } from "../timer.ts";
import { Turns } from "../turns.ts";
import { isOver } from "../words.ts";
import { advance, nothingKnown } from "./progress.ts";

/**
 * An edit and how it goes on, until its end.
 * @param known where the list says that it stands: an edit that was over and goes on again is followed anew
 */
export function useFollow(id: string, known: EditStatus | undefined) {
  const { api, live, round, viewer } = useSession();
  const { status } = viewer.account;
  const [edit, setEdit] = useState<ShownEditFragment>();
  const [error, setError] = useState<ApiError>();
  const [progress, tell] = useReducer(advance, nothingKnown);
  const [turns] = useState(() => new Turns());
  const over = known !== undefined && isOver(known);
  const goesOn = edit !== undefined && !isOver(edit.status);

  /** Shows what the edit is now. Throws `ApiError`. */
  const reload = useCallback(async () => {
    const isNews = turns.take();
    const { edit: found } = await api.ask(EditShownDocument, { id });
    if (found == null) throw new ApiError("NOT_FOUND", "There is no such edit.");
    if (isNews(id)) setEdit(found);
    setError(undefined);
  }, [api, id, turns]);

  const retry = useCallback(() => {
    reload().catch(setError);
  }, [reload]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: that it is over, or is not any more, is asked for anew
  useEffect(retry, [retry, over, round]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a suspended account's ends, and begins anew with its standing
  useEffect(() => {
    if (!goesOn) return;
    let held = false;
    return live.progress(id, {
      onValue: (event) => {
        tell({ event, cameAt: now() });
        setError(undefined);
        const wasHeld = held;
        held = event.status === "IN_REVIEW";
        if (isOver(event.status) || held !== wasHeld) retry();
      },
      onError: setError,
    });
  }, [id, live, goesOn, retry, status]);
  return { edit, error, progress, reload, retry };
}
