import type { ByteRange } from "../delivery/storage.ts";

/**
 * The one range that a `Range` header asks for, of a body of `byteLength` bytes (RFC 9110, section 14). Undefined for what
 * may be ignored: another unit, several ranges, a range that does not parse. "unsatisfiable" when it begins after the end.
 */
export function parseRange(header: string | undefined, byteLength: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === "") {
    const suffix = Number(last);
    if (suffix === 0 || byteLength === 0) return "unsatisfiable";
    return { first: Math.max(0, byteLength - suffix), last: byteLength - 1 };
  }
  if (last !== "" && Number(last) < Number(first)) return undefined;
  if (Number(first) >= byteLength) return "unsatisfiable";
  return { first: Number(first), last: last === "" ? byteLength - 1 : Math.min(Number(last), byteLength - 1) };
}
