import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import {
  EditShownDocument,
  EditsShownDocument,
  type EditsShownQueryVariables,
  type ShownEditFragment,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";
import { Turns } from "../turns.ts";
import { rowsOf } from "../use-pages.ts";

const perPage = 12;

/** The account's edits, newest first, as far as they were asked for, kept up to date. */
export interface Edits {
  readonly list: readonly ShownEditFragment[];
  readonly error: ApiError | undefined;
  /** Absent when there are no more. */
  readonly more: (() => void) | undefined;
  find(id: string): ShownEditFragment | undefined;
  /** Asks for one that is new, or that something was done to. */
  ask(id: string): void;
}

export function useEdits(): Edits {
  const { api, live, round, viewer } = useSession();
  const { status } = viewer.account;
  const [list, setList] = useState<readonly ShownEditFragment[]>([]);
  const [error, setError] = useState<ApiError>();
  /** Null at the end of the list. */
  const [cursor, setCursor] = useState<string | null>(null);
  const [turns] = useState(() => new Turns());
  const count = useRef(0);
  count.current = list.length;

  const ask = useCallback(
    (id: string) => {
      const isNews = turns.take();
      api.ask(EditShownDocument, { id }).then(({ edit }) => {
        if (edit && isNews(id)) setList((before) => merge(before, [edit]));
        setError(undefined);
      }, setError);
    },
    [api, turns],
  );
  const load = useCallback(
    (page: EditsShownQueryVariables) => {
      const isNews = turns.take();
      api.ask(EditsShownDocument, page).then(({ edits }) => {
        const loaded = edits.edges.map(({ node }) => node).filter(({ id }) => isNews(id));
        setList((before) => merge(before, loaded));
        setCursor(edits.pageInfo.hasNextPage ? (edits.pageInfo.endCursor ?? null) : null);
        setError(undefined);
      }, setError);
    },
    [api, turns],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: with each round all that are shown are asked for anew
  useEffect(() => load({ first: rowsOf(perPage, count.current) }), [load, round]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a suspended account's ends, and begins anew with its standing
  useEffect(
    () =>
      live.activity({
        onValue: ({ editId, __typename }) => {
          if (__typename !== "StepEvent") ask(editId);
        },
        onError: setError,
      }),
    [live, ask, status],
  );

  return useMemo(
    () => ({
      list,
      error,
      more: cursor === null ? undefined : () => load({ first: perPage, after: cursor }),
      find: (id) => list.find((edit) => edit.id === id),
      ask,
    }),
    [list, error, cursor, load, ask],
  );
}

function merge(before: readonly ShownEditFragment[], now: readonly ShownEditFragment[]): ShownEditFragment[] {
  const byId = new Map(before.map((edit) => [edit.id, edit]));
  for (const edit of now) byId.set(edit.id, edit);
  return [...byId.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
