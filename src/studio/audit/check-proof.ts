import type { AuditProofQuery } from "../../../schema/generated/graphql.ts";

type Proof = AuditProofQuery["auditProof"];

/** What a browser finds when it follows a proof itself, from the event to the signature. */
export type Finding = "holds" | "broken" | "cannot be checked here";

/** Checks that an event is in the log that a checkpoint signs (RFC 6962; docs/audit-log.md says what is hashed). */
export async function checkProof({ json, position, previousLink, hashes, checkpoint }: Proof, publicKey: string) {
  // A page that did not come by HTTPS or from this machine gets no cryptography from its browser.
  if (globalThis.crypto?.subtle === undefined) return "cannot be checked here" satisfies Finding;
  const { event } = JSON.parse(json) as { event: Record<string, string | null> };
  const chained = ["id", "at", "actor", "kind", "subjectKind", "subjectId", "accountId", "category", "detailsDigest"];
  const text = new TextEncoder().encode(JSON.stringify(chained.map((name) => event[name])));
  const [note, size, root] = readNote(checkpoint);
  let reached = await sha256(Uint8Array.of(0), await sha256(fromHex(previousLink), text));
  let [index, last] = [position, size - 1];
  for (const sibling of hashes.map(fromHex)) {
    if (index % 2 === 1 || index === last) {
      reached = await sha256(Uint8Array.of(1), sibling, reached);
      while (index % 2 === 0 && index !== 0) [index, last] = [index >> 1, last >> 1];
    } else reached = await sha256(Uint8Array.of(1), reached, sibling);
    [index, last] = [index >> 1, last >> 1];
  }
  if (last !== 0 || !same(reached, root)) return "broken" satisfies Finding;
  return signed(note, checkpoint, publicKey);
}

function readNote(checkpoint: string): [string, number, Uint8Array] {
  const text = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
  const [, size, root] = text.split("\n");
  return [text, Number(size), fromBase64(root!)];
}

async function signed(text: string, checkpoint: string, publicKey: string): Promise<Finding> {
  const keyBytes = fromBase64(publicKey.slice(publicKey.lastIndexOf("+", publicKey.length - 44) + 1)).slice(1);
  const signature = fromBase64(/ (\S+)\n$/.exec(checkpoint)?.[1] ?? "").slice(4);
  const { subtle } = crypto;
  const key = await subtle.importKey("raw", keyBytes, "Ed25519", false, ["verify"]).catch(() => undefined);
  if (key === undefined) return "cannot be checked here";
  return (await subtle.verify("Ed25519", key, signature, new TextEncoder().encode(text))) ? "holds" : "broken";
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBase64(text: string) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
