/** The few forms of ASN.1's distinguished encoding (ITU-T X.690) that a certificate is written in. */

export type Der = Uint8Array;

/** Any tag around any content. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

export const sequence = (...items: readonly Der[]): Der => tagged(0x30, ...items);
export const set = (...items: readonly Der[]): Der => tagged(0x31, ...items);
export const octets = (bytes: Uint8Array): Der => tagged(0x04, bytes);
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Der => tagged(0x01, Buffer.of(value ? 0xff : 0));
/** `[tag]` around whole items. */
export const explicit = (tag: number, ...items: readonly Der[]): Der => tagged(0xa0 | tag, ...items);
/** `[tag]` in place of a simple item's own tag. */
export const implicit = (tag: number, bytes: Uint8Array): Der => tagged(0x80 | tag, bytes);

/** A positive number of any size, most significant byte first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.of(0) : bytes.subarray(first);
  return tagged(0x02, digits[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** `unused` bits at the end do not count. */
export function bits(bytes: Uint8Array, unused = 0): Der {
  return tagged(0x03, Buffer.of(unused), bytes);
}

/** "2.5.4.3" */
export function oid(dotted: string): Der {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first! * 40 + second!, ...rest].flatMap(base128)));
}

/** Seconds of UTC; before 2050 with two digits for the year, as RFC 5280 wants it. */
export function time(at: Date): Der {
  const digits = `${at.toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
  return digits < "2050" ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function base128(value: number): number[] {
  const septets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    septets.unshift((rest % 128) | 0x80);
  return septets;
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}
