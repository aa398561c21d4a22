import { useCallback, useEffect, useMemo, useState } from "react";
import { EditShownDocument, EditsShownDocument, type ShownEditFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";

const perPage = 12;

/** The account's edits, newest first, as far as they were asked for, kept up to date. */
export interface Edits {
  readonly list: readonly ShownEditFragment[];
  readonly error: ApiError | undefined;
  /** Absent when there are no more. */
  readonly more: (() => void) | undefined;
  find(id: string): ShownEditFragment | undefined;
  /** Adds one, or shows what became of it. */
  put(edit: ShownEditFragment): void;
}

export function useEdits(): Edits {
  const { api, live } = useSession();
  const [list, setList] = useState<readonly ShownEditFragment[]>([]);
  const [error, setError] = useState<ApiError>();
  /** Null at the end of the list. */
  const [cursor, setCursor] = useState<string | null>(null);

  const put = useCallback((edit: ShownEditFragment) => {
    setList((before) => merge(before, [edit]));
  }, []);
  const load = useCallback(
    (after?: string) => {
      api.ask(EditsShownDocument, { first: perPage, ...(after !== undefined && { after }) }).then(({ edits }) => {
        const loaded = edits.edges.map(({ node }) => node);
        setList((before) => merge(before, loaded));
        setCursor(edits.pageInfo.hasNextPage ? (edits.pageInfo.endCursor ?? null) : null);
        setError(undefined);
      }, setError);
    },
    [api],
  );

  useEffect(() => load(), [load]);
  useEffect(
    () =>
      live.activity({
        onValue: ({ editId, __typename }) => {
          if (__typename === "StepEvent") return;
          api.ask(EditShownDocument, { id: editId }).then(({ edit }) => edit && put(edit), setError);
        },
        onError: setError,
      }),
    [api, live, put],
  );

  return useMemo(
    () => ({
      list,
      error,
      more: cursor === null ? undefined : () => load(cursor),
      find: (id) => list.find((edit) => edit.id === id),
      put,
    }),
    [list, error, cursor, load, put],
  );
}

function merge(before: readonly ShownEditFragment[], now: readonly ShownEditFragment[]): ShownEditFragment[] {
  const byId = new Map(before.map((edit) => [edit.id, edit]));
  for (const edit of now) byId.set(edit.id, edit);
  return [...byId.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
