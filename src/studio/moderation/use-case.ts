import { useCallback, useEffect, useState } from "react";
import {
  type CaseDetailsFragment,
  ClaimCaseDocument,
  ModerationCaseDocument,
  type ModerationCaseQuery,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useReturn } from "../round.ts";
import { useSession } from "../session.ts";
import { Turns } from "../turns.ts";

/** A case, and what is done to it. Nobody tells what other moderators do: it is asked for anew again and again. */
export function useCase(id: string, onChanged: () => void) {
  const { api, round } = useSession();
  const [found, setFound] = useState<CaseDetailsFragment>();
  const [error, setError] = useState<ApiError>();
  const [turns] = useState(() => new Turns());
  const load = useCallback(async () => {
    const isNews = turns.take();
    const show = ({ moderationCase }: ModerationCaseQuery) => {
      if (isNews(id)) setFound(moderationCase);
    };
    await api.ask(ModerationCaseDocument, { id }).then(show, setError);
  }, [api, id, turns]);
  const retry = useCallback(() => {
    setError(undefined);
    void load();
  }, [load]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each round what is shown is asked for anew
  useEffect(retry, [retry, round]);
  useReturn(load);

  const show = (changed: CaseDetailsFragment) => {
    // What was asked for before is not news any more.
    turns.take()(id);
    setError(undefined);
    setFound(changed);
    onChanged();
  };
  /** After a refusal: most often another moderator was faster. */
  const lookAgain = () => {
    void load().then(onChanged);
  };
  const claim = () => {
    const fail = (why: ApiError) => {
      setError(why);
      lookAgain();
    };
    api.ask(ClaimCaseDocument, { id }).then(({ claimCase }) => show(claimCase), fail);
  };
  return { found, error, retry, claim, show, lookAgain };
}
