import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "./api.ts";

/** A page of a list, as the API gives it. */
interface Page<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Rows<Row> {
  /** What they were asked for with. */
  readonly ask: unknown;
  readonly list: readonly Row[];
  /** Null at the end of the list. */
  readonly cursor: string | null;
}

/** The API's own limit. */
export const perPageMax = 100;

/** How many rows to ask for: those of one page, or as many as are shown. */
export function rowsOf(perPage: number, shown: number): number {
  return Math.min(Math.max(perPage, shown), perPageMax);
}

/**
 * A list that comes a page at a time. Rows stand only under the question that they answer, and an answer counts only while
 * nothing was asked after it.
 *
 * @param ask the question: gives the page after a cursor, or the first, of at least `shown` rows where the API has as many at
 * once; another function is another question
 * @param changes the question is asked anew when it changes, for all rows that are shown; until then they stay
 */
export function usePages<Row>(ask: (after: string | undefined, shown: number) => Promise<Page<Row>>, changes = 0) {
  const [rows, setRows] = useState<Rows<Row>>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const asked = useRef(0);
  const { list, cursor = null } = rows?.ask === ask ? rows : {};
  const shown = useRef(0);
  shown.current = list?.length ?? 0;

  const load = useCallback(
    (after?: string) => {
      asked.current += 1;
      const turn = asked.current;
      const settle = (how: () => void) => {
        if (turn !== asked.current) return;
        how();
        setBusy(false);
      };
      const show = ({ edges, pageInfo }: Page<Row>) => {
        const loaded = edges.map(({ node }) => node);
        const cursor = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        setRows((before) => ({ ask, cursor, list: after === undefined ? loaded : [...before!.list, ...loaded] }));
        setError(undefined);
      };
      setBusy(true);
      ask(after, after === undefined ? shown.current : 0).then(
        (page) => settle(() => show(page)),
        (why: ApiError) => settle(() => setError(why)),
      );
    },
    [ask],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was changed is asked for anew
  useEffect(() => load(), [load, changes]);

  const reload = useCallback(() => load(), [load]);
  return { list, error, fail: setError, busy, reload, more: cursor === null ? undefined : () => load(cursor) };
}
