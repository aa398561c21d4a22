import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { bits, boolean, type Der, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

/** Who a certificate is for. C2PA refuses signers without an organisation. */
export interface Subject {
  readonly commonName: string;
  readonly organization: string;
  /** Two letters. */
  readonly country?: string;
}

const names = { country: "2.5.4.6", organization: "2.5.4.10", commonName: "2.5.4.3" } as const;
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

const extensionIds = {
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  subjectKeyId: "2.5.29.14",
  authorityKeyId: "2.5.29.35",
} as const;
/** The purpose that every C2PA implementation accepts in a signer's certificate. */
const emailProtection = "1.3.6.1.5.5.7.3.4";
const extensionRequest = "1.2.840.113549.1.9.14";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A new ES256 key. */
export function makeKeyPair(): KeyPair {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/** A certificate that signs one signer's and nothing else, and itself. */
export function authorityCertificate(subject: Subject, key: KeyPair, from: Date, until: Date): string {
  const extensions = [
    extension("basicConstraints", true, sequence(boolean(true), integer(Buffer.of(0)))),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension("keyUsage", true, bits(Buffer.of(0b0000_0110), 1)),
    extension("subjectKeyId", false, octets(keyId(key.publicKey))),
  ];
  return issue({ subject, issuer: subject, key: key.publicKey, issuerKey: key.privateKey, from, until, extensions });
}

/** A certificate for signing content credentials, as C2PA wants it. */
export function signerCertificate(
  subject: Subject,
  key: KeyObject,
  issuer: Subject,
  issuerKey: KeyPair,
  from: Date,
  until: Date,
): string {
  const extensions = [
    ...signerExtensions(key),
    extension("authorityKeyId", false, sequence(implicit(0, keyId(issuerKey.publicKey)))),
  ];
  return issue({ subject, issuer, key, issuerKey: issuerKey.privateKey, from, until, extensions });
}

/** A request for such a certificate, to be sent to an authority (PKCS #10). */
export function certificateRequest(subject: Subject, key: KeyPair): string {
  const attribute = sequence(oid(extensionRequest), set(sequence(...signerExtensions(key.publicKey))));
  const body = sequence(integer(Buffer.of(0)), name(subject), spki(key.publicKey), explicit(0, attribute));
  return pem("CERTIFICATE REQUEST", signed(body, key.privateKey));
}

interface Issue {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly key: KeyObject;
  readonly issuerKey: KeyObject;
  readonly from: Date;
  readonly until: Date;
  readonly extensions: readonly Der[];
}

function issue({ subject, issuer, key, issuerKey, from, until, extensions }: Issue): string {
  const body = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    ecdsaWithSha256,
    name(issuer),
    sequence(time(from), time(until)),
    name(subject),
    spki(key),
    explicit(3, sequence(...extensions)),
  );
  return pem("CERTIFICATE", signed(body, issuerKey));
}

function signerExtensions(key: KeyObject): Der[] {
  return [
    extension("basicConstraints", true, sequence()),
    // digitalSignature: bit 0.
    extension("keyUsage", true, bits(Buffer.of(0b1000_0000), 7)),
    extension("extendedKeyUsage", false, sequence(oid(emailProtection))),
    extension("subjectKeyId", false, octets(keyId(key))),
  ];
}

function extension(kind: keyof typeof extensionIds, critical: boolean, value: Der): Der {
  return sequence(oid(extensionIds[kind]), ...(critical ? [boolean(true)] : []), octets(value));
}

function name(subject: Subject): Der {
  const parts = (["country", "organization", "commonName"] as const).filter((part) => subject[part] !== undefined);
  return sequence(...parts.map((part) => set(sequence(oid(names[part]), utf8(subject[part]!)))));
}

function signed(body: Der, key: KeyObject): Der {
  return sequence(body, ecdsaWithSha256, bits(sign("sha256", body, key)));
}

function spki(key: KeyObject): Der {
  return key.export({ format: "der", type: "spki" });
}

/** The first 20 bytes of SHA-256 over the key (RFC 7093). */
function keyId(key: KeyObject): Uint8Array {
  return createHash("sha256").update(spki(key)).digest().subarray(0, 20);
}

function pem(label: string, der: Der): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
