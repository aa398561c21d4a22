import { Refused } from "./errors.ts";
import { checkText } from "./text.ts";

/** What an account may do beyond its own edits; each role includes those before it. AUDITOR reads, and decides nothing. */
export const roles = ["USER", "AUDITOR", "MODERATOR", "ADMIN"] as const;
export type Role = (typeof roles)[number];

/** Whoever sits at the machine of a server that nobody else can reach. */
export const localAccount = { name: "local", role: "ADMIN" } as const satisfies { name: string; role: Role };

export const accountStatuses = ["ACTIVE", "SUSPENDED"] as const;
export type AccountStatus = (typeof accountStatuses)[number];

/** What an account may use beside others. */
export interface AccountLimits {
  /** Its share of the engine beside others; 1 is usual. */
  readonly weight: number;
  /** Its pictures that are made at once, at most. */
  readonly concurrencyMax: number;
  /** Edits that it may hand in on one day, UTC; null for any number. */
  readonly editsPerDayMax: number | null;
  /** What its pictures may take, in 10⁶ bytes; null for anything. */
  readonly storageMegabytesMax: number | null;
}

/** Ranges of an account's limits, ends included. */
export const accountLimitRanges = {
  weight: [0.01, 100],
  concurrencyMax: [1, 1_000],
  editsPerDayMax: [1, 1_000_000],
  storageMegabytesMax: [1, 10_000_000],
} as const satisfies Record<keyof AccountLimits, readonly [number, number]>;

/** Keys of an account that are valid at once, at most, where it makes them itself. */
export const validKeysMax = 100;

/** Whoever asks, after authentication. */
export interface Viewer {
  readonly accountId: string;
  /** The key that was shown; absent for the studio's one-time sign-in. */
  readonly keyId?: string;
  readonly role: Role;
}

const rank: Readonly<Record<Role, number>> = { USER: 0, AUDITOR: 1, MODERATOR: 2, ADMIN: 3 };

export function hasRole(viewer: Viewer, role: Role): boolean {
  return rank[viewer.role] >= rank[role];
}

/** Minutes that a code of the studio's link opens: enough to click it, too few for one in an old terminal or a log. */
export const codeMinutes = 15;

const nameCharactersMax = 100;

/** What moves a terminal's cursor or ends a line there. */
const moving = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * Names of accounts and keys: 1 to 100 characters in one line, not all of them blank, for they are shown in lists.
 *
 * @param what names it in the message
 * @throws Refused BAD_INPUT
 */
export function checkName(what: string, name: string): void {
  checkText(what, name, nameCharactersMax);
  if (moving.test(name)) throw new Refused("BAD_INPUT", `${what} has control characters: plain text is expected`);
}
