import { useState } from "react";
import type { CaseStatus } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { categoryWords, when } from "../words.ts";
import { caseKindWords, caseStatusWords } from "./case-words.ts";
import { useCases } from "./use-cases.ts";

const filters: readonly { readonly name: string; readonly statuses: readonly CaseStatus[] }[] = [
  { name: "Waiting", statuses: ["OPEN", "CLAIMED", "ESCALATED"] },
  { name: "Open", statuses: ["OPEN"] },
  { name: "Claimed", statuses: ["CLAIMED"] },
  { name: "Escalated", statuses: ["ESCALATED"] },
  { name: "Decided", statuses: ["APPROVED", "REJECTED"] },
];

export function Queue({
  shown,
  changes,
}: {
  readonly shown: string | undefined;
  /** Cases that were changed here so far: with each the list is asked for anew. */
  readonly changes: number;
}) {
  const [filter, setFilter] = useState(filters[0]!);
  const { list, error, busy, reload, more } = useCases(filter.statuses, changes);
  return (
    <section className="queue" aria-label="Cases" aria-busy={busy}>
      <fieldset className="chips">
        <legend className="unseen">Which cases</legend>
        {filters.map((one) => (
          <button key={one.name} type="button" aria-pressed={one === filter} onClick={() => setFilter(one)}>
            {one.name}
          </button>
        ))}
        <button type="button" className="quiet" onClick={reload}>
          Refresh
        </button>
      </fieldset>
      {error && <Fault error={error} onRetry={reload} />}
      {list?.length === 0 && <p className="hint">Nothing here. New cases appear by themselves.</p>}
      <ol>
        {(list ?? []).map((one) => (
          <li key={one.id}>
            <a href={`#/moderation/${one.id}`} {...(one.id === shown && { "aria-current": "page" })}>
              <strong>
                {caseKindWords[one.kind]}: {categoryWords[one.category]}
              </strong>
              <span>
                {one.account.name} · {caseStatusWords[one.status]}
              </span>
              <time dateTime={one.createdAt}>{when(one.createdAt)}</time>
            </a>
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" className="quiet" disabled={busy} onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}
