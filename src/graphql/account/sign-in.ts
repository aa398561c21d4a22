import { createHash } from "node:crypto";
import { randomSecret } from "../../core/random.ts";

/**
 * Codes in the studio's link, as Jupyter has them: whoever can read the server's terminal may sign in, once. Kept in
 * memory, so that a stopped server's codes are worth nothing.
 */
export class SignInCodes {
  /** Account by the code's digest: a look-up by digest tells nothing of the code by its time. */
  readonly #accounts = new Map<string, string>();

  issue(accountId: string): string {
    const code = randomSecret(24);
    this.#accounts.set(digestOf(code), accountId);
    return code;
  }

  /** The account, this one time; undefined for a code that is wrong or used. */
  redeem(code: string): string | undefined {
    const digest = digestOf(code);
    const accountId = this.#accounts.get(digest);
    this.#accounts.delete(digest);
    return accountId;
  }
}

function digestOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
