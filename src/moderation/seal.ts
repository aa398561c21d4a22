import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { inPieces } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";

/*
 * A sealed file: "PENTSEAL" and the byte 1; an ephemeral X25519 public key (32 bytes); a nonce (12); the content under
 * AES-256-GCM; its tag (16). The key is HKDF-SHA-256 of the shared secret, salted with both public keys, for the info
 * "pentimento incident 1"; what comes before the nonce is authenticated with it. Whoever seals cannot open.
 */

const magic = Buffer.from("PENTSEAL\u0001", "latin1");
const info = "pentimento incident 1";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = magic.length + keyBytes;

/** Bytes encrypted between two turns of the event loop: about 2 ms. */
const bytesPerTurn = 1 << 20;

/** Encrypts bytes to an X25519 public key of 32 bytes. Throws `Refused` BAD_INPUT for a key that is none. */
export async function seal(bytes: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> {
  const ephemeral = generateKeyPairSync("x25519");
  const header = Buffer.concat([magic, rawOf(ephemeral.publicKey)]);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", keyOf(ephemeral.privateKey, publicKey, header, publicKey), nonce);
  cipher.setAAD(header);
  const parts: Uint8Array[] = [header, nonce];
  for await (const [from, to] of inPieces(bytes.length, bytesPerTurn)) {
    parts.push(cipher.update(bytes.subarray(from, to)));
  }
  parts.push(cipher.final(), cipher.getAuthTag());
  return Buffer.concat(parts);
}

/** What was sealed, with the X25519 private key of 32 bytes; throws `Refused` BAD_INPUT for another key or damaged bytes. */
export function unseal(sealed: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const bytes = Buffer.from(sealed);
  if (bytes.length < headerBytes + nonceBytes + tagBytes || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new Refused("BAD_INPUT", "this is no sealed incident");
  }
  const header = bytes.subarray(0, headerBytes);
  const own = createPrivateKey({ key: Buffer.concat([pkcs8, privateKey]), format: "der", type: "pkcs8" });
  const key = keyOf(own, header.subarray(magic.length), header, rawOf(createPublicKey(own)));
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(headerBytes, headerBytes + nonceBytes));
  decipher.setAAD(header);
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  const content = bytes.subarray(headerBytes + nonceBytes, bytes.length - tagBytes);
  try {
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    throw new Refused("BAD_INPUT", "the incident was sealed to another key, or is damaged");
  }
}

/** ASN.1 that stands before the 32 bytes of an X25519 key (RFC 8410). */
const spki = Buffer.from("302a300506032b656e032100", "hex");
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(spki.length);
}

function keyOf(own: KeyObject, other: Uint8Array, header: Uint8Array, recipient: Uint8Array): Buffer {
  if (other.length !== keyBytes) throw new Refused("BAD_INPUT", "an X25519 public key has 32 bytes");
  let secret: Buffer;
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([spki, other]), format: "der", type: "spki" });
    // Fails for the few points that would make the secret the same for everybody.
    secret = diffieHellman({ privateKey: own, publicKey });
  } catch {
    throw new Refused("BAD_INPUT", "this is no usable X25519 public key");
  }
  const salt = Buffer.concat([header.subarray(magic.length), recipient]);
  return Buffer.from(hkdfSync("sha256", secret, salt, info, keyBytes));
}
