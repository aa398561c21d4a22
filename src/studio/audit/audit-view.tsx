import { useState } from "react";
import type { AuditFilterInput } from "../../../schema/generated/graphql.ts";
import { useFocusAfter, ViewHeading } from "../arrival.tsx";
import { Fault } from "../fault.tsx";
import { CheckpointPanel } from "./checkpoint-panel.tsx";
import { EventView } from "./event-view.tsx";
import { EventsTable } from "./events-table.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { FilterForm } from "./filter-form.tsx";
import { useEvents } from "./use-events.ts";

/** Who did what: events on one side, on the other one of them with its proof, or what stands for all. */
export function AuditView({ eventId }: { readonly eventId: string | undefined }) {
  const [filter, setFilter] = useState<AuditFilterInput>({});
  const [cleared, setCleared] = useState(0);
  useFocusAfter(cleared);
  const clear = () => {
    setFilter({});
    setCleared(cleared + 1);
  };
  const { list, error, busy, reload, more } = useEvents(filter);
  const heading = <ViewHeading route={{ name: "audit", eventId }} />;
  return (
    <main className="audit">
      {eventId === undefined && heading}
      <FilterForm filter={filter} onFilter={setFilter}>
        <ExportButtons filter={filter} />
        <button type="button" className="quiet" onClick={reload}>
          Refresh
        </button>
        {Object.keys(filter).length > 0 && (
          <button type="button" className="quiet" onClick={clear}>
            Show everything
          </button>
        )}
      </FilterForm>
      <section className="log" aria-label="Events" aria-busy={busy}>
        {error && <Fault error={error} onRetry={reload} />}
        {list?.length === 0 && <p className="hint">No event matches.</p>}
        {list !== undefined && list.length > 0 && <EventsTable events={list} shown={eventId} />}
        {more && (
          <button type="button" className="quiet" disabled={busy} onClick={more}>
            Show more
          </button>
        )}
      </section>
      <aside>
        {eventId !== undefined && heading}
        {eventId === undefined ? <CheckpointPanel /> : <EventView key={eventId} id={eventId} onFilter={setFilter} />}
      </aside>
    </main>
  );
}
