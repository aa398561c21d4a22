import { createHash } from "node:crypto";
import { noteSigner } from "../../src/audit/signed-note.ts";
import { type AuditEvent, detailsDigest, type SealedEvent } from "../../src/core/audit-event.ts";
import { checkpointsOf, type Draw, erased, makeEvent, sealAll } from "./made-log.ts";

/** A log that somebody may have changed, and its checkpoints file. */
export interface Copy {
  readonly events: readonly SealedEvent[];
  readonly checkpoints: string;
}

type Tampering = (copy: Copy, draw: Draw) => Copy;

const otherSigner = noteSigner("test.example/audit", Buffer.alloc(32, 2));

/** What one may do to a log, and to its checkpoints without the key; each changes something. */
export const tamperings: Readonly<Record<string, Tampering>> = {
  "edit a column": (copy, draw) => onRow(copy, draw, (event) => changeColumn(event, draw)),
  "edit an event and make its link and all later ones again": (copy, draw) => {
    const at = draw(copy.events.length);
    return reseal(
      copy,
      copy.events.map((event, i) => (i === at ? changeChained(event, draw) : event)),
    );
  },
  "take details away": (copy, draw) => {
    const kept = copy.events.filter(({ details }) => details !== null);
    const chosen = kept[draw(kept.length)]!;
    return { ...copy, events: copy.events.map((event) => (event === chosen ? { ...event, details: null } : event)) };
  },
  "erase an event": (copy, draw) => {
    const since = copy.events.findLastIndex(({ kind }) => kind === "audit.erased");
    const mayNot = copy.events.filter(({ accountId, salt }, i) => salt !== "" && (accountId === null || i > since));
    const chosen = mayNot[draw(mayNot.length)] ?? copy.events.at(-1)!;
    return { ...copy, events: copy.events.map((event) => (event === chosen ? erased(event) : event)) };
  },
  "put an event in before the first": (copy, draw) => {
    const forged = { ...copy.events[draw(copy.events.length)]!, id: "forged", position: -1 - draw(9) };
    return { ...copy, events: [forged, ...copy.events] };
  },
  "delete events": (copy, draw) => ({ ...copy, events: without(copy.events, draw) }),
  "delete events and close the gap": (copy, draw) => ({
    ...copy,
    events: without(copy.events, draw).map((event, position) => ({ ...event, position })),
  }),
  "delete events and make all links again": (copy, draw) => reseal(copy, without(copy.events, draw)),
  "truncate the tail": (copy, draw) => ({ ...copy, events: copy.events.slice(0, draw(copy.events.length)) }),
  "swap two events": (copy, draw) => {
    const [a, b] = twoPlaces(copy.events.length, draw);
    const events = [...copy.events];
    [events[a], events[b]] = [
      { ...copy.events[b]!, position: a },
      { ...copy.events[a]!, position: b },
    ];
    return { ...copy, events };
  },
  "swap two events and make all links again": (copy, draw) => {
    const [a, b] = twoPlaces(copy.events.length, draw);
    const events = [...copy.events];
    [events[a], events[b]] = [copy.events[b]!, copy.events[a]!];
    return reseal(copy, events);
  },
  "put an event in and make all links again": (copy, draw) => {
    const at = draw(copy.events.length);
    return reseal(copy, [...copy.events.slice(0, at), makeEvent(90_000 + draw(999), draw), ...copy.events.slice(at)]);
  },
  "repeat an event": (copy, draw) => {
    const at = draw(copy.events.length);
    return { ...copy, events: [...copy.events.slice(0, at + 1), ...copy.events.slice(at)] };
  },
  "swap a row with another log's": (copy, draw) => {
    const other = sealAll(copy.events.map((_, i) => makeEvent(50_000 + i, draw)));
    return onRow(copy, draw, (event) => other[event.position]!);
  },
  "rewrite all": (copy, draw) => reseal(copy, forged(copy, draw)),
  "rewrite all and sign with another key": (copy, draw) => {
    const events = sealAll(forged(copy, draw));
    return { events, checkpoints: checkpointsOf(events, [events.length], otherSigner) };
  },
  "take the checkpoints away and rewrite all": (copy, draw) => ({
    ...reseal(copy, forged(copy, draw)),
    checkpoints: "",
  }),
  "edit the checkpoints": (copy, draw) => {
    const at = draw(copy.checkpoints.length);
    const code = copy.checkpoints.charCodeAt(at);
    const changed = String.fromCharCode(code === 0x41 ? 0x42 : 0x41);
    return { ...copy, checkpoints: `${copy.checkpoints.slice(0, at)}${changed}${copy.checkpoints.slice(at + 1)}` };
  },
};

function reseal(copy: Copy, events: readonly AuditEvent[]): Copy {
  return { ...copy, events: sealAll(events) };
}

function forged(copy: Copy, draw: Draw): AuditEvent[] {
  return copy.events.map((_, i) => makeEvent(70_000 + i, draw));
}

function onRow(copy: Copy, draw: Draw, change: (event: SealedEvent) => SealedEvent): Copy {
  const at = draw(copy.events.length);
  return { ...copy, events: copy.events.map((event, i) => (i === at ? change(event) : event)) };
}

function without(events: readonly SealedEvent[], draw: Draw): SealedEvent[] {
  // Not the last: that would be a truncation.
  const at = draw(events.length - 1);
  const count = 1 + draw(Math.min(4, events.length - 1 - at));
  return events.filter((_, i) => i < at || i >= at + count);
}

function twoPlaces(length: number, draw: Draw): [number, number] {
  const a = draw(length);
  return [a, (a + 1 + draw(length - 1)) % length];
}

const chainedTexts = ["id", "actor", "kind", "subjectKind", "subjectId", "accountId", "category"] as const;

/** Changes something that an attacker who makes the links again would change. */
function changeChained(event: AuditEvent, draw: Draw): AuditEvent {
  const choice = draw(chainedTexts.length + 2);
  if (choice === 0) return { ...event, at: new Date(event.at.getTime() + 1 + draw(10_000)) };
  if (choice === 1) {
    const details = { forged: draw(1000) };
    return { ...event, details, salt: "00", detailsDigest: detailsDigest("00", details) };
  }
  const column = chainedTexts[choice - 2]!;
  return { ...event, [column]: changedText(event[column], draw) };
}

function changeColumn(event: SealedEvent, draw: Draw): SealedEvent {
  switch (draw(7)) {
    case 0:
      return { ...event, position: event.position + (draw(2) === 0 ? 1 : -1) * (1 + draw(50)) };
    case 1:
      return { ...event, link: randomHash(draw) };
    case 2:
      return { ...event, subtree: randomHash(draw) };
    case 3:
      return { ...event, detailsDigest: randomHash(draw) };
    case 4:
      return { ...event, salt: `${event.salt}0` };
    case 5:
      return { ...event, details: { ...(event.details ?? {}), added: draw(1000) } };
    default: {
      const column = chainedTexts[draw(chainedTexts.length)]!;
      return { ...event, [column]: changedText(event[column], draw) };
    }
  }
}

function changedText(text: string | null, draw: Draw): string | null {
  if (text === null) return "";
  if (text === "" || draw(4) === 0) return `${text} `;
  const at = draw(text.length);
  return `${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}`;
}

function randomHash(draw: Draw): string {
  return createHash("sha256")
    .update(`${draw(2 ** 31)}`)
    .digest("hex");
}
