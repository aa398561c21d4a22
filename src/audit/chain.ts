import { hash } from "node:crypto";
import type { AuditEvent } from "../core/audit-event.ts";
import { CompactRange, leafHash } from "./merkle.ts";

/** The link before the first event, in hex. */
export const firstLink = "00".repeat(32);

/**
 * What of an event is chained: a JSON array in UTF-8 of id, time (ISO 8601, milliseconds, UTC), actor, kind, kind and id of
 * the subject, account, category, digest of the details. An array of strings has one form, so two events never share one.
 */
export function chainedText(event: AuditEvent): string {
  return JSON.stringify([
    event.id,
    event.at,
    event.actor,
    event.kind,
    event.subjectKind,
    event.subjectId,
    event.accountId,
    event.category,
    event.detailsDigest,
  ]);
}

/** SHA-256 over the previous link's 32 bytes and the event, in hex. */
export function nextLink(previous: string, event: AuditEvent): string {
  return hash("sha256", Buffer.concat([Buffer.from(previous, "hex"), Buffer.from(chainedText(event))]));
}

/** The tree's leaf for a link: RFC 6962's hash over its 32 bytes. */
export function leafOf(link: string): Uint8Array {
  return leafHash(Buffer.from(link, "hex"));
}

/** What sealing writes into an event's row. */
export interface Seal {
  readonly id: string;
  readonly position: number;
  readonly link: string;
  readonly subtree: string;
}

/** The end of the log, to which events are added: the last link and the tree over all of them. */
export class ChainEnd {
  #link: string;
  readonly #tree: CompactRange;

  constructor(link = firstLink, tree = new CompactRange()) {
    this.#link = link;
    this.#tree = tree;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  append(event: AuditEvent): Seal {
    const position = this.#tree.size;
    this.#link = nextLink(this.#link, event);
    const subtree = Buffer.from(this.#tree.append(leafOf(this.#link))).toString("hex");
    return { id: event.id, position, link: this.#link, subtree };
  }

  copy(): ChainEnd {
    return new ChainEnd(this.#link, this.#tree.copy());
  }
}
