import { useCallback, useEffect } from "react";
import { type CaseStatus, ModerationCasesDocument } from "../../../schema/generated/graphql.ts";
import { useReturn } from "../round.ts";
import { useSession } from "../session.ts";
import { rowsOf, usePages } from "../use-pages.ts";

const perPage = 25;

/** Cases of some statuses, newest first; new ones come by themselves. */
export function useCases(statuses: readonly CaseStatus[], changes: number) {
  const { api, live, round, viewer } = useSession();
  const { status } = viewer.account;
  const ask = useCallback(
    async (after: string | undefined, shown: number) => {
      const page = { first: rowsOf(perPage, shown), status: [...statuses], ...(after !== undefined && { after }) };
      return (await api.ask(ModerationCasesDocument, page)).moderationCases;
    },
    [api, statuses],
  );
  const pages = usePages(ask, changes + round);
  const { reload, fail } = pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a suspended account's ends, and begins anew with its standing
  useEffect(() => live.cases({ onValue: reload, onError: fail }), [live, reload, fail, status]);
  // Nobody tells what other moderators do.
  useReturn(reload);
  return pages;
}
