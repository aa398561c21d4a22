/** An event in the words of the log, and its way to the checkpoint: what is checked, and all that is shown as proven. */
export interface Proof {
  readonly event: {
    readonly id: string;
    readonly at: string;
    readonly actor: string;
    readonly kind: string;
    readonly subjectKind: string;
    readonly subjectId: string;
    readonly accountId: string | null;
    readonly category: string | null;
    readonly details: unknown;
    /** Hex; "" where details are not told, because they were erased or are for auditors alone. */
    readonly salt: string;
    readonly detailsDigest: string;
  };
  readonly position: number;
  readonly previousLink: string;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}

/** What a browser finds when it follows a proof itself, from the event to the signature. */
export type Finding = "holds" | "holds without details" | "broken" | "cannot be checked here";

/**
 * Checks that an event is in the log that a checkpoint signs, and its details, where they are told, with it (RFC 6962;
 * docs/audit-log.md says what is hashed).
 *
 * @param eventId the event that was asked for: a proof of another proves nothing of it
 */
export async function checkProof(eventId: string, proof: Proof, publicKey: string): Promise<Finding> {
  // A page that did not come by HTTPS or from this machine gets no cryptography from its browser.
  if (globalThis.crypto?.subtle === undefined) return "cannot be checked here";
  const { event, checkpoint } = proof;
  const untold = isUntold(event);
  if (event.id !== eventId || !(untold || (await detailsAgree(event)))) return "broken";
  const [note, size, root] = readNote(checkpoint);
  if (!(await leadsTo(root, size, proof))) return "broken";
  const found = await signed(note, checkpoint, publicKey);
  return found === "holds" && untold ? "holds without details" : found;
}

/** Whether the proof leaves the details out, so that nothing can be said of them. */
export function isUntold({ salt, details }: Proof["event"]): boolean {
  return salt === "" && details == null;
}

async function detailsAgree({ salt, details, detailsDigest }: Proof["event"]): Promise<boolean> {
  const digest = await sha256(utf8(`${salt}\n${canonical(details ?? null)}`));
  return same(digest, fromHex(detailsDigest));
}

/** The one form of what was parsed from JSON: keys sorted by UTF-16 code units, no white space (RFC 8785). */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(",")}}`;
}

/** Whether the hashes lead from the event, at its position, to the root of a log of `size` events. */
async function leadsTo(root: Uint8Array, size: number, { event, position, previousLink, hashes }: Proof) {
  if (!(position >= 0 && position < size)) return false;
  const { id, at, actor, kind, subjectKind, subjectId, accountId, category, detailsDigest } = event;
  const chained = [id, at, actor, kind, subjectKind, subjectId, accountId, category, detailsDigest];
  const link = await sha256(fromHex(previousLink), utf8(JSON.stringify(chained)));
  let reached = await sha256(Uint8Array.of(0), link);
  let [index, last] = [position, size - 1];
  for (const sibling of hashes.map(fromHex)) {
    if (index % 2 === 1 || index === last) {
      reached = await sha256(Uint8Array.of(1), sibling, reached);
      while (index % 2 === 0 && index !== 0) [index, last] = [index >> 1, last >> 1];
    } else reached = await sha256(Uint8Array.of(1), reached, sibling);
    [index, last] = [index >> 1, last >> 1];
  }
  return last === 0 && same(reached, root);
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
  return (await subtle.verify("Ed25519", key, signature, utf8(text))) ? "holds" : "broken";
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

function utf8(text: string) {
  return new TextEncoder().encode(text);
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
