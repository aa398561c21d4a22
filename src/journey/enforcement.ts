import { type Clock, hourMs } from "../core/clock.ts";
import type { Category } from "../core/moderation.ts";
import { strikeHours, suspensionDue } from "../moderation/enforcement.ts";
import { reinstateAccount, suspendAccount } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";
import { findStrikes, struckAccountIds } from "../store/moderation-outcomes.ts";
import type { Planner } from "./planner.ts";
import type { Standings } from "./standings.ts";

export interface EnforcementOptions {
  readonly db: Database;
  readonly planner: Planner;
  readonly standings: Standings;
  readonly clock: Clock;
}

/** Suspends accounts that are refused too often, and lets moderators suspend and reinstate. */
export class Enforcement {
  readonly #options: EnforcementOptions;

  constructor(options: EnforcementOptions) {
    this.#options = options;
  }

  /** Accounts that were refused of late: an earlier life of the server may have ended between a refusal and its count. */
  struck(): Promise<string[]> {
    const { db, clock } = this.#options;
    return struckAccountIds(db, new Date(clock.date().getTime() - strikeHours([]) * hourMs));
  }

  /** After a refusal: counts what the policy counts, and suspends when it is due. */
  async count(accountId: string): Promise<void> {
    const { db, planner, clock } = this.#options;
    const { account, policy } = await planner.standing(accountId);
    if (account.status === "SUSPENDED") return;
    const now = clock.date();
    const from = new Date(now.getTime() - strikeHours(policy.suspensions) * hourMs);
    const strikes = (await findStrikes(db, accountId, from)).map(({ editId, category, createdAt }) => ({
      editId,
      category: category as Category,
      at: createdAt,
    }));
    const due = suspensionDue(strikes, policy.suspensions, now, account.reinstatedAt ?? undefined);
    if (due !== undefined) await this.suspend("server", accountId, due.reason);
  }

  /** Holds at once: links die, sockets close, edits stop. Returns false when the account is suspended already. */
  async suspend(actor: string, accountId: string, reason: string): Promise<boolean> {
    const { db, standings, clock } = this.#options;
    const suspended = await suspendAccount(db, accountId, reason, { actor, at: clock.date() });
    if (suspended) standings.suspended(accountId);
    return suspended;
  }

  /** Returns false when the account is not suspended. What was refused before no longer counts. */
  async reinstate(actor: string, accountId: string, reason: string): Promise<boolean> {
    const { db, standings, clock } = this.#options;
    const reinstated = await reinstateAccount(db, accountId, reason, { actor, at: clock.date() });
    if (reinstated) standings.reinstated(accountId);
    return reinstated;
  }
}
