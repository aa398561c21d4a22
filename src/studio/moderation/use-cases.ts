import { useCallback, useEffect, useState } from "react";
import { type CasePartsFragment, type CaseStatus, ModerationCasesDocument } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";

const perPage = 25;

/** Cases of some statuses, newest first; new ones come by themselves. */
export function useCases(statuses: readonly CaseStatus[], changes: number) {
  const { api, live } = useSession();
  const [list, setList] = useState<readonly CasePartsFragment[]>();
  const [cursor, setCursor] = useState<string | null>(null);
  const [error, setError] = useState<ApiError>();

  const load = useCallback(
    (after?: string) => {
      const status = [...statuses];
      api
        .ask(ModerationCasesDocument, { first: perPage, status, ...(after !== undefined && { after }) })
        .then(({ moderationCases: { edges, pageInfo } }) => {
          const loaded = edges.map(({ node }) => node);
          setList((before = []) => (after === undefined ? loaded : [...before, ...loaded]));
          setCursor(pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null);
          setError(undefined);
        }, setError);
    },
    [api, statuses],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was changed here is asked for anew
  useEffect(() => load(), [load, changes]);
  useEffect(() => live.cases({ onValue: () => load(), onError: setError }), [live, load]);

  return { list, error, reload: () => load(), more: cursor === null ? undefined : () => load(cursor) };
}
