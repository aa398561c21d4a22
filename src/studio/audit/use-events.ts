import { useCallback, useEffect, useState } from "react";
import {
  type AuditEventPartsFragment,
  AuditEventsDocument,
  type AuditFilterInput,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useSession } from "../session.ts";

const perPage = 50;

/** Events that a filter lets through, newest first, as far as they were asked for. */
export function useEvents(filter: AuditFilterInput) {
  const { api } = useSession();
  const [list, setList] = useState<readonly AuditEventPartsFragment[]>();
  const [cursor, setCursor] = useState<string | null>(null);
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);

  const load = useCallback(
    (after?: string) => {
      setBusy(true);
      api
        .ask(AuditEventsDocument, { first: perPage, filter, ...(after !== undefined && { after }) })
        .then(({ auditEvents: { edges, pageInfo } }) => {
          const loaded = edges.map(({ node }) => node);
          setList((before = []) => (after === undefined ? loaded : [...before, ...loaded]));
          setCursor(pageInfo.hasNextPage ? pageInfo.endCursor : null);
          setError(undefined);
        }, setError)
        .finally(() => setBusy(false));
    },
    [api, filter],
  );
  useEffect(() => load(), [load]);
  return { list, error, busy, reload: () => load(), more: cursor === null ? undefined : () => load(cursor) };
}
