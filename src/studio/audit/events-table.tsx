import type { MouseEvent } from "react";
import type { AuditEventPartsFragment } from "../../../schema/generated/graphql.ts";
import { goTo } from "../route.ts";
import { categoryWords } from "../words.ts";
import { eventWords, exactly, short, subjectWords } from "./audit-words.ts";

/** A row an event, newest first. */
export function EventsTable({
  events,
  shown,
}: {
  readonly events: readonly AuditEventPartsFragment[];
  readonly shown: string | undefined;
}) {
  return (
    <table className="events">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col">Who</th>
          <th scope="col">Done to</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr
            key={event.id}
            data-kind={event.kind}
            onClick={(click) => isOpening(click) && goTo(`#/audit/${event.id}`)}
          >
            <td>
              <time dateTime={event.at}>{exactly(event.at)}</time>
            </td>
            <td>
              <a href={`#/audit/${event.id}`} {...(event.id === shown && { "aria-current": "true" })}>
                {eventWords(event)}
              </a>
              {event.category && <span className="tag">{categoryWords[event.category]}</span>}
            </td>
            <td title={event.actor}>{event.actorName ?? short(event.actor)}</td>
            <td title={event.subjectId}>
              {subjectWords[event.subjectKind] ?? event.subjectKind} <code>{short(event.subjectId)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whether a click on a row is meant to open it: not one that selects its words, nor what the browser makes of its link. */
function isOpening({ target, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  const modified = ctrlKey || metaKey || shiftKey || altKey;
  return !modified && (target as Element).closest("a") === null && (getSelection()?.isCollapsed ?? true);
}
