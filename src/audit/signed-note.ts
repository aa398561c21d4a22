import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { assert, Refused } from "../core/errors.ts";

/**
 * Signed notes in the form of C2SP (https://c2sp.org/signed-note): a text that ends in a newline, an empty line, and a line
 * per signature: "— name base64(key id ‖ Ed25519 signature)".
 */
export interface NoteVerifier {
  /** Without spaces and "+". */
  readonly name: string;
  /** First 4 bytes of SHA-256 over name, newline, key type and public key; it tells keys apart and proves nothing. */
  readonly keyId: Uint8Array;
  readonly publicKey: KeyObject;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
}

const ed25519Type = 1;
const keyIdBytes = 4;
const keyBytes = 32;
/** DER before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo and in PKCS #8 (RFC 8410). */
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * @param name without spaces and "+"; every checkpoint begins with it
 * @param seed the 32 secret bytes of an Ed25519 key (RFC 8032)
 */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  assert(/^[^\s+]+$/u.test(name) && seed.length === keyBytes, "a log has a plain name and a seed of 32 bytes");
  const der = Buffer.concat([privatePrefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  return { name, keyId: keyIdOf(name, rawPublicKey(publicKey)), publicKey, privateKey };
}

/** The verifier's key as one line: name+key id+base64 of type and public key. */
export function formatVerifier({ name, keyId, publicKey }: NoteVerifier): string {
  const key = Buffer.concat([Buffer.of(ed25519Type), rawPublicKey(publicKey)]);
  return `${name}+${Buffer.from(keyId).toString("hex")}+${key.toString("base64")}`;
}

/** @throws Refused BAD_INPUT when the line is no verifier's key */
export function parseVerifier(line: string): NoteVerifier {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(line.trim()) ?? [];
  const key = Buffer.from(encoded ?? "", "base64");
  const raw = key.subarray(1);
  if (name === undefined || key[0] !== ed25519Type || raw.length !== keyBytes || id !== hex(keyIdOf(name, raw))) {
    throw new Refused("BAD_INPUT", `"${line.trim()}" is no public key of a log: expected name+key id+base64, Ed25519`);
  }
  const der = Buffer.concat([publicPrefix, raw]);
  return {
    name,
    keyId: keyIdOf(name, raw),
    publicKey: createPublicKey({ key: der, format: "der", type: "spki" }),
  };
}

/** Signs a text that ends in a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  return `${text}\n— ${signer.name} ${Buffer.concat([signer.keyId, signature]).toString("base64")}\n`;
}

/** The text of a note, when one of its signatures is the verifier's and right; otherwise what is wrong. */
export function openNote(note: string, verifier: NoteVerifier): { text: string } | { fault: string } {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return { fault: "it is no signed note" };
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split("\n");
  for (const line of lines) {
    const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return { fault: "a signature line cannot be read" };
    const bytes = Buffer.from(encoded, "base64");
    // A base64 text with stray bits would be a second form of the same signature.
    if (bytes.toString("base64") !== encoded) return { fault: "a signature line cannot be read" };
    if (name !== verifier.name || Buffer.compare(bytes.subarray(0, keyIdBytes), verifier.keyId) !== 0) continue;
    const right = verify(null, Buffer.from(text), verifier.publicKey, bytes.subarray(keyIdBytes));
    return right ? { text } : { fault: "its signature is wrong" };
  }
  return { fault: `it is not signed by ${verifier.name} ${hex(verifier.keyId)}` };
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(publicPrefix.length);
}

function keyIdOf(name: string, raw: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(`${name}\n`)
    .update(Uint8Array.of(ed25519Type))
    .update(raw)
    .digest()
    .subarray(0, keyIdBytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
