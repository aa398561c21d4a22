// Checks what the audit log proves as its documents describe it, with none of the program's own code.
import { createHash, createPublicKey, verify } from "node:crypto";
import { expect } from "vitest";
import type { EventProof } from "../../src/audit/prove.ts";

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);

/** A checkpoint as C2SP describes it, read and checked without any of our code. */
export function readNote(note: string, publicKey: string): { size: number; root: Buffer } {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(publicKey.trim())!;
  const [text, signatures] = [note.slice(0, note.indexOf("\n\n") + 1), note.slice(note.indexOf("\n\n") + 2)];
  const [, signer, signature] = /^— (\S+) (\S+)\n$/u.exec(signatures)!;
  const bytes = Buffer.from(signature!, "base64");
  expect(signer).toBe(name);
  expect(bytes.subarray(0, 4).toString("hex")).toBe(id);
  const x = Buffer.from(encoded!, "base64").subarray(1).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  expect(verify(null, Buffer.from(text), key, bytes.subarray(4))).toBe(true);
  const [, size, root] = text.split("\n");
  return { size: Number(size), root: Buffer.from(root!, "base64") };
}

/** RFC 9162, 2.1.3.2, as it stands there. */
export function rootByInclusion(index: number, size: number, leaf: Buffer, proof: readonly Buffer[]): Buffer {
  let [fn, sn, r] = [index, size - 1, leaf];
  for (const p of proof) {
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else r = node(r, p);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  expect(sn).toBe(0);
  return r;
}

/** RFC 9162, 2.1.4.2. */
export function rootsByConsistency(first: number, second: number, firstRoot: Buffer, proof: readonly Buffer[]) {
  const path = (first & (first - 1)) === 0 ? [firstRoot, ...proof] : [...proof];
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  let [fr, sr] = [path[0]!, path[0]!];
  for (const c of path.slice(1)) {
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [node(c, fr), node(c, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = node(sr, c);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  expect(sn).toBe(0);
  return { first: fr, second: sr };
}

/** What a proof's event is hashed to, from the description in docs/audit-log.md alone. */
export function leafOf({ event, previousLink }: EventProof): Buffer {
  const { id, at, actor, kind, subjectKind, subjectId, accountId, category, detailsDigest } = event;
  const text = JSON.stringify([id, at, actor, kind, subjectKind, subjectId, accountId, category, detailsDigest]);
  return sha256(Uint8Array.of(0), sha256(Buffer.from(previousLink, "hex"), Buffer.from(text)));
}

/** Hashes from hex. */
export const hexes = (list: readonly string[]) => list.map((hash) => Buffer.from(hash, "hex"));
