import type { Role } from "../core/account.ts";

/** Told at once when an account loses its standing, or has another. */
export interface StandingListeners {
  /** Its sockets must close and its edits stop. */
  readonly onSuspended?: (accountId: string) => void;
  /** The sockets that were opened with the key must close. */
  readonly onKeyEnded?: (keyId: string) => void;
  /** Its sockets that were opened in another role must close. */
  readonly onRoleGiven?: (accountId: string, role: Role) => void;
}

/**
 * Which accounts are suspended, in memory: asked on every use of a link and every event of a socket, so that a suspension
 * holds at once. The database is the truth; this is filled from it at start.
 */
export class Standings {
  readonly #suspended: Set<string>;
  readonly #listeners: StandingListeners[] = [];

  constructor(suspended: Iterable<string>) {
    this.#suspended = new Set(suspended);
  }

  listen(listeners: StandingListeners): void {
    this.#listeners.push(listeners);
  }

  isSuspended(accountId: string): boolean {
    return this.#suspended.has(accountId);
  }

  suspended(accountId: string): void {
    this.#suspended.add(accountId);
    for (const { onSuspended } of this.#listeners) onSuspended?.(accountId);
  }

  reinstated(accountId: string): void {
    this.#suspended.delete(accountId);
  }

  keyEnded(keyId: string): void {
    for (const { onKeyEnded } of this.#listeners) onKeyEnded?.(keyId);
  }

  roleGiven(accountId: string, role: Role): void {
    for (const { onRoleGiven } of this.#listeners) onRoleGiven?.(accountId, role);
  }
}
