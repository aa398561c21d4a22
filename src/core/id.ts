import { randomBytes } from "node:crypto";

/**
 * A new opaque id: 26 characters of Crockford's base 32, 48 bits of the millisecond and 80 of chance, so that ids made later
 * mostly sort later and database pages fill in order. Nothing may be read out of it.
 */
export function newId(at: Date): string {
  const bytes = Buffer.concat([Buffer.alloc(6), randomBytes(10)]);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  let value = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (let i = 0; i < 26; i += 1) {
    text = alphabet[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Whether a text has the form of an id; what a caller sends is checked before it reaches the database or a path. */
export function isId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{26}$/.test(text);
}
