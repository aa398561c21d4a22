import { randomBytes, randomInt } from "node:crypto";

/** A seed 0…2³²−1, for an edit that names none. */
export function randomSeed(): number {
  return randomInt(2 ** 32);
}

/** 0…1 without 1, evenly: for spreading retries, never for secrets. */
export function randomShare(): number {
  return Math.random();
}

/** A secret of `bytes` random bytes, in base64url. */
export function randomSecret(bytes = 32): string {
  return randomBytes(bytes).toString("base64url");
}

/** 128 random bits in hex, that keep a digest from being guessed at. */
export function randomSalt(): string {
  return randomBytes(16).toString("hex");
}
