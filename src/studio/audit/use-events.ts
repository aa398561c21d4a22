import { useCallback } from "react";
import { AuditEventsDocument, type AuditFilterInput } from "../../../schema/generated/graphql.ts";
import { useSession } from "../session.ts";
import { rowsOf, usePages } from "../use-pages.ts";

const perPage = 50;

/** Events that a filter lets through, newest first, as far as they were asked for. */
export function useEvents(filter: AuditFilterInput) {
  const { api } = useSession();
  const ask = useCallback(
    async (after: string | undefined, shown: number) => {
      const page = { first: rowsOf(perPage, shown), filter, ...(after !== undefined && { after }) };
      return (await api.ask(AuditEventsDocument, page)).auditEvents;
    },
    [api, filter],
  );
  return usePages(ask);
}
