import { createHash } from "node:crypto";
import { ChainEnd } from "../../src/audit/chain.ts";
import { separator, signCheckpoint } from "../../src/audit/checkpoint.ts";
import { type NoteSigner, noteSigner } from "../../src/audit/signed-note.ts";
import type { AuditSource } from "../../src/audit/verify.ts";
import { type AuditEvent, detailsDigest, type SealedEvent } from "../../src/core/audit-event.ts";

/** A number below `n` from a seeded sequence. */
export type Draw = (n: number) => number;

/** The same numbers for the same seed, on every machine (mulberry32). */
export function drawing(seed: number): Draw {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

export const testSigner: NoteSigner = noteSigner("test.example/audit", Buffer.alloc(32, 1));

/** Events before the one by which the details of an account were erased. */
const eventsBeforeErasures = 8;
const accounts = 5;

/** A log as a server would write it. One that is long enough says of all accounts that details before were erased. */
export function makeEvents(length: number, draw: Draw): AuditEvent[] {
  const isErasing = length >= eventsBeforeErasures + accounts;
  return Array.from({ length }, (_, i) => {
    const event = makeEvent(i, draw);
    if (!isErasing) return event;
    if (i < eventsBeforeErasures) return draw(3) === 0 && event.accountId !== null ? erased(event) : event;
    const accountId = `account-${i - eventsBeforeErasures}`;
    return i < eventsBeforeErasures + accounts ? { ...event, kind: "audit.erased", accountId } : event;
  });
}

export function erased<Event extends AuditEvent>(event: Event): Event {
  return { ...event, details: null, salt: "" };
}

/** An event as a server would write it; some have no details. */
export function makeEvent(number: number, draw: Draw): AuditEvent {
  const account = `account-${draw(accounts)}`;
  const details = draw(4) === 0 ? null : { words: number, list: [draw(9), "é"], note: `n${draw(1000)}` };
  const salt = createHash("sha256").update(`salt ${number}`).digest("hex").slice(0, 32);
  return {
    id: `event-${String(number).padStart(5, "0")}`,
    at: new Date(1_760_000_000_000 + number * 1000 + draw(999)),
    actor: draw(3) === 0 ? "server" : account,
    kind: ["edit.queued", "edit.refused", "key.made", "image.read"][draw(4)]!,
    subjectKind: "edit",
    subjectId: `edit-${draw(20)}`,
    accountId: draw(6) === 0 ? null : account,
    category: draw(3) === 0 ? "sexual" : null,
    details,
    salt,
    detailsDigest: detailsDigest(salt, details),
  };
}

export function sealAll(events: readonly AuditEvent[]): SealedEvent[] {
  const end = new ChainEnd();
  return events.map((event) => ({ ...event, ...end.append(event) }));
}

/** A checkpoints file over the first `sizes[i]` events. */
export function checkpointsOf(events: readonly AuditEvent[], sizes: readonly number[], signer = testSigner): string {
  const end = new ChainEnd();
  return events
    .flatMap((event) => {
      end.append(event);
      const checkpoint = { origin: signer.name, size: end.size, root: end.root() };
      return sizes.includes(end.size) ? [signCheckpoint(checkpoint, signer) + separator] : [];
    })
    .join("");
}

export function sourceOf(events: readonly SealedEvent[], pageSize = 16): AuditSource {
  return {
    async *sealed() {
      for (let i = 0; i < events.length; i += pageSize) yield events.slice(i, i + pageSize);
    },
    unsealedCount: async () => 0,
    unsealedErasures: async () => [],
  };
}
