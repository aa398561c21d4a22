import { createHash } from "node:crypto";
import { codeMinutes } from "../../core/account.ts";
import type { Clock } from "../../core/clock.ts";
import { randomSecret } from "../../core/random.ts";

/**
 * Codes in the studio's link, as Jupyter has them: whoever can read the server's terminal may sign in, once and soon. Kept
 * in memory, so that a stopped server's codes are worth nothing.
 */
export class SignInCodes {
  readonly #clock: Clock;
  /** By the code's digest: a look-up by digest tells nothing of the code by its time. */
  readonly #issued = new Map<string, { readonly accountId: string; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(accountId: string): string {
    const code = randomSecret(24);
    this.#issued.set(digestOf(code), { accountId, until: this.#clock.now() + codeMinutes * 60_000 });
    return code;
  }

  /** The account, this one time; undefined for a code that is wrong, used or too old. */
  redeem(code: string): string | undefined {
    const digest = digestOf(code);
    const issued = this.#issued.get(digest);
    this.#issued.delete(digest);
    return issued !== undefined && this.#clock.now() < issued.until ? issued.accountId : undefined;
  }
}

function digestOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
