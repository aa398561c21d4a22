import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { assert, Refused } from "../core/errors.ts";

export interface SigningKey {
  /** Stands in the URLs that the key signed: 1 to 32 letters, digits, hyphens. */
  readonly id: string;
  /** At least 32 bytes, the length of the digest. */
  readonly secret: Uint8Array;
}

/** The key that signs, and the one before it, whose URLs still open. To rotate: new key in, current becomes previous. */
export interface Keyring {
  readonly current: SigningKey;
  readonly previous?: SigningKey;
}

export const expiresInSeconds = { min: 1, max: 7 * 24 * 3600, default: 3600 } as const;

export interface UrlGrant {
  /** A GET also opens with HEAD. */
  readonly method: "GET" | "PUT";
  /** Begins with a slash; letters, digits, `-._~/` only. */
  readonly path: string;
  /** For whom the URL is made; whether the account is in good standing is asked again when the URL is used. */
  readonly accountId: string;
  /** More that the signature covers. The names `account`, `expires`, `key` and `signature` are the URL's own. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** 1 second to 7 days; an hour when left out. */
  readonly expiresInSeconds?: number;
}

export type Verification =
  | {
      readonly kind: "valid";
      readonly accountId: string;
      /** Milliseconds since 1970. */
      readonly expiresAt: number;
      /** All parameters, as they were signed. */
      readonly parameters: URLSearchParams;
    }
  | { readonly kind: "forged" }
  | { readonly kind: "expired" };

const ownNames = ["account", "expires", "key", "signature"] as const;
const forged = { kind: "forged" } as const;

/**
 * URLs that open one path with one method, for one account, until they expire. HMAC-SHA256 covers method, path and every
 * parameter (account, expiry and key id among them), sorted, byte for byte as they stand in the URL: two spellings of
 * one parameter are two URLs, so nothing can be changed, added, doubled or left out. Order alone does not matter.
 */
export class UrlSigner {
  readonly #keyring: Keyring;
  readonly #clock: Clock;

  constructor(keyring: Keyring, clock: Clock) {
    const keys = [keyring.current, keyring.previous ?? []].flat();
    for (const { id, secret } of keys) {
      assert(/^[A-Za-z0-9-]{1,32}$/.test(id), "a signing key's id has 1 to 32 letters, digits or hyphens");
      assert(secret.length >= 32, `signing key ${id} has ${secret.length} bytes; at least 32 are needed`);
    }
    assert(new Set(keys.map(({ id }) => id)).size === keys.length, "the two signing keys have one id");
    this.#keyring = keyring;
    this.#clock = clock;
  }

  /** The path with its signed parameters. Throws `Refused` BAD_INPUT when `expiresInSeconds` is out of range. */
  sign({ method, path, accountId, parameters = {}, expiresInSeconds: seconds = expiresInSeconds.default }: UrlGrant) {
    assert(/^\/[A-Za-z0-9\-._~/]*$/.test(path), "a signed path needs no escapes");
    assert(!ownNames.some((name) => name in parameters), `parameters may not be named ${ownNames.join(", ")}`);
    if (!Number.isInteger(seconds) || seconds < expiresInSeconds.min || seconds > expiresInSeconds.max) {
      const { min, max } = expiresInSeconds;
      throw new Refused("BAD_INPUT", `expiresIn is ${seconds}; it is a whole number of seconds, ${min} to ${max}`);
    }
    const expires = Math.ceil(this.#clock.date().getTime() / 1000) + seconds;
    const key = this.#keyring.current;
    const query = new URLSearchParams({ ...parameters, account: accountId, expires: `${expires}`, key: key.id });
    const text = query.toString();
    return `${path}?${text}&signature=${signature(key, method, path, text.split("&"))}`;
  }

  /** Checks a request's target (path and query, as received). The signature comes first: only what is ours is read. */
  verify(method: string, target: string): Verification {
    const questionMark = target.indexOf("?");
    if (questionMark < 0) return forged;
    const path = target.slice(0, questionMark);
    const pairs = target.slice(questionMark + 1).split("&");
    const given = pairs.filter((pair) => pair.startsWith("signature="));
    const signed = pairs.filter((pair) => !pair.startsWith("signature="));
    const parameters = new URLSearchParams(signed.join("&"));
    const key = this.#keyOf(parameters.get("key"));
    if (key === undefined || given.length !== 1) return forged;
    const expected = Buffer.from(signature(key, method === "HEAD" ? "GET" : method, path, signed));
    const received = Buffer.from(given[0]!.slice("signature=".length));
    if (received.length !== expected.length || !timingSafeEqual(received, expected)) return forged;

    const expiresAt = Number(parameters.get("expires")) * 1000;
    if (this.#clock.date().getTime() >= expiresAt) return { kind: "expired" };
    return { kind: "valid", accountId: parameters.get("account")!, expiresAt, parameters };
  }

  #keyOf(id: string | null): SigningKey | undefined {
    const { current, previous } = this.#keyring;
    return [current, previous].find((key) => key?.id === id);
  }
}

/** 43 characters of base64url, compared as text: its last character has spare bits that decoding would forgive. */
function signature(key: SigningKey, method: string, path: string, pairs: readonly string[]): string {
  const text = [method, path, ...pairs.toSorted()].join("\n");
  return createHmac("sha256", key.secret).update(text).digest("base64url");
}
