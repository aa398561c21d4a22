import type { UrlSigner, Verification } from "../delivery/signed-url.ts";
import { HttpRefused } from "./error-answer.ts";
import type { Exchange } from "./exchange.ts";

/** Whether an account's URLs open at this moment. Asked on every use and answered from memory: a suspension holds at once. */
export type MayServe = (accountId: string) => boolean;

type Grant = Extract<Verification, { kind: "valid" }>;

/** What the request's own URL grants. Throws `HttpRefused`: 403 forged or suspended, 410 expired with what to do. */
export function grantOf(exchange: Exchange, signer: UrlSigner, mayServe: MayServe, renewal: string): Grant {
  const verified = signer.verify(exchange.method, exchange.request.url!);
  switch (verified.kind) {
    case "forged":
      throw new HttpRefused(
        403,
        "FORBIDDEN",
        "the URL's signature does not match it; use the URL exactly as it was given",
      );
    case "expired":
      throw new HttpRefused(410, "URL_EXPIRED", `the URL has expired; ${renewal}`);
    case "valid":
      if (!mayServe(verified.accountId)) throw new HttpRefused(403, "ACCOUNT_SUSPENDED", "the account is suspended");
      return verified;
  }
}
