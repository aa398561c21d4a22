import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { EditShownDocument, EditsShownDocument, type ShownEditFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";
import { Turns } from "../turns.ts";
import { perPageMax } from "../use-pages.ts";
import { isOver } from "../words.ts";

const perPage = 12;

/** The account's edits, newest first, as far as they were asked for, kept up to date. */
export interface Edits {
  readonly list: readonly ShownEditFragment[];
  readonly error: ApiError | undefined;
  /** Asks anew for all that are shown. */
  readonly retry: () => void;
  /** Absent when there are no more. */
  readonly more: (() => void) | undefined;
  find(id: string): ShownEditFragment | undefined;
  /** Asks for one that is new, or that something was done to. */
  ask(id: string): void;
}

export function useEdits(): Edits {
  const { api, round } = useSession();
  const [list, setList] = useState<readonly ShownEditFragment[]>([]);
  const [error, setError] = useState<ApiError>();
  /** Why the list itself could not be had: an answer about one edit does not make up for it. */
  const [missing, setMissing] = useState<ApiError>();
  /** Absent at the end of the list. */
  const [cursor, setCursor] = useState<string>();
  const [turns] = useState(() => new Turns());
  const shown = useRef(list);
  shown.current = list;

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
    (rows: number, from?: string) => {
      const askAll = async () => {
        let [left, after] = [rows, from];
        while (left > 0) {
          const isNews = turns.take();
          const page = { first: Math.min(left, perPageMax), ...(after !== undefined && { after }) };
          const { edges, pageInfo } = (await api.ask(EditsShownDocument, page)).edits;
          const loaded = edges.map(({ node }) => node).filter(({ id }) => isNews(id));
          setList((before) => merge(before, loaded));
          after = (pageInfo.hasNextPage && pageInfo.endCursor) || undefined;
          setCursor(after);
          left = after === undefined ? 0 : left - edges.length;
        }
        setMissing(undefined);
        setError(undefined);
      };
      askAll().catch(setMissing);
    },
    [api, turns],
  );
  const reload = useCallback(() => load(Math.max(perPage, shown.current.length)), [load]);
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    reload();
    setAttempt((before) => before + 1);
  }, [reload]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: with each round all that are shown are asked for anew
  useEffect(reload, [reload, round]);
  useNews(list, ask, setError, attempt);

  return useMemo(
    () => ({
      list,
      error: missing ?? error,
      retry,
      more: cursor === undefined ? undefined : () => load(perPage, cursor),
      find: (id) => list.find((edit) => edit.id === id),
      ask,
    }),
    [list, missing, error, retry, cursor, load, ask],
  );
}

/**
 * Asks for each edit that something is told of, and once more for those that go on when both the list and the socket are
 * there: what happened to them before that is not told.
 */
function useNews(
  list: readonly ShownEditFragment[],
  ask: (id: string) => void,
  onError: (error: ApiError) => void,
  attempt: number,
): void {
  const { live, viewer } = useSession();
  const { status } = viewer.account;
  const [opened, setOpened] = useState(false);
  useEffect(() => live.onFirstOpen(() => setOpened(true)), [live]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a suspended account's ends, and begins anew with its standing, as one that failed does with another attempt
  useEffect(
    () =>
      live.activity({
        onValue: ({ editId, __typename }) => {
          if (__typename !== "StepEvent") ask(editId);
        },
        onError,
      }),
    [live, ask, onError, status, attempt],
  );
  const hears = opened && list.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the list as it stands then
  useEffect(() => {
    if (hears) for (const { id, status } of list) if (!isOver(status)) ask(id);
  }, [hears, ask]);
}

function merge(before: readonly ShownEditFragment[], now: readonly ShownEditFragment[]): ShownEditFragment[] {
  const byId = new Map(before.map((edit) => [edit.id, edit]));
  for (const edit of now) byId.set(edit.id, edit);
  return [...byId.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
