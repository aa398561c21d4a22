import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dayMs } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import { writeWhole } from "../core/write-whole.ts";
import { authorityCertificate, makeKeyPair, signerCertificate } from "./certificate.ts";

/** As COSE names them; all that C2PA allows and Node.js can make. */
export type SigningAlgorithm = "es256" | "es384" | "es512" | "ps256" | "ed25519";

/** Who signs content credentials. */
export interface SigningIdentity {
  readonly algorithm: SigningAlgorithm;
  /** Certificates in PEM, the signer's first, then who issued it, and so on. */
  readonly chain: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  /** Made by this program for trying it out: nobody has a reason to trust it. */
  readonly development: boolean;
}

/** Where the development identity lies in the server's data. */
export const developmentFolder = "credentials";
/** What `pentimento cert init` and the first start make. */
export const developmentFiles = { certificate: "development-certificate.pem", key: "development-key.pem" } as const;

const authority = { commonName: "Pentimento development CA (not trusted)", organization: "Pentimento" };
const signer = { commonName: "Pentimento development signer (not trusted)", organization: "Pentimento" };
const developmentYears = 10;

/** Purposes that C2PA accepts of a signer: e-mail protection, document signing, C2PA's own claim signing. */
const acceptedPurposes = ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"];

/**
 * Reads a certificate chain and its key.
 *
 * @throws Failed when a file cannot be read; Refused BAD_INPUT that lists everything for which validators would refuse it
 */
export async function readIdentity(certificateFile: string, keyFile: string, now: Date): Promise<SigningIdentity> {
  const [chain, key] = await Promise.all([readText(certificateFile), readText(keyFile)]);
  const certificates = parseChain(chain, certificateFile);
  const privateKey = parseKey(key, keyFile);
  const algorithm = algorithmOf(privateKey);
  const faults = faultsOf(certificates, privateKey, now);
  if (algorithm === undefined) faults.push("the key must be EC (P-256, P-384, P-521), RSA or Ed25519");
  if (algorithm === undefined || faults.length > 0) {
    throw new Refused("BAD_INPUT", `${certificateFile} cannot sign content credentials`, faults);
  }
  return {
    algorithm,
    chain: certificates.map(String).join(""),
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    development: certificates[0]!.issuer === `O=${authority.organization}\nCN=${authority.commonName}`,
  };
}

/**
 * The development identity of a folder, made when it is not there. Its CA signs this one certificate, and its key is then
 * forgotten: whoever comes to trust it trusts nothing else.
 */
export async function openDevelopmentIdentity(folder: string, now: Date): Promise<SigningIdentity> {
  const files = [join(folder, developmentFiles.certificate), join(folder, developmentFiles.key)] as const;
  const existing = await readIdentity(...files, now).catch((error) => {
    if (error instanceof Failed && isMissing(error.cause)) return undefined;
    throw error;
  });
  if (existing !== undefined) return existing;
  const authorityKey = makeKeyPair();
  const signerKey = makeKeyPair();
  const from = new Date(now.getTime() - dayMs);
  const until = new Date(now.getTime() + developmentYears * 365 * dayMs);
  const chain =
    signerCertificate(signer, signerKey.publicKey, authority, authorityKey, from, until) +
    authorityCertificate(authority, authorityKey, from, until);
  // Without its certificate a key has signed nothing: a start was cut short.
  await rm(files[1], { force: true });
  await writePrivate(files[1], signerKey.privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  await writeWhole(files[0], chain);
  return readIdentity(...files, now);
}

/**
 * Writes a key that its owner alone may read.
 *
 * @throws Refused BAD_INPUT when the file exists, because no key is written over, or cannot be written
 */
export async function writePrivate(file: string, pem: string): Promise<void> {
  const fail = ({ code, message }: NodeJS.ErrnoException) => {
    throw new Refused("BAD_INPUT", `${file}: cannot be written (${code ?? message})`);
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch(fail);
  await writeNew(file, pem).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw new Refused("BAD_INPUT", `${file} exists; move it away first`);
    fail(error);
  });
}

/** Synced: no certificate may survive a power cut without its key. */
async function writeNew(file: string, pem: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(pem);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The last certificate of the chain: what a validator must hold to trust the identity. */
export function rootOf({ chain }: SigningIdentity): string {
  return parseChain(chain, "the chain").at(-1)!.toString();
}

/** Of the signer's certificate, in decimal. */
export function serialNumberOf({ chain }: SigningIdentity): string {
  return BigInt(`0x${parseChain(chain, "the chain")[0]!.serialNumber}`).toString();
}

/** @throws Refused BAD_INPUT when a text holds no certificate in PEM, or something else beside them */
export function parseChain(text: string, name: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Said below, as for a file without any.
  }
  throw new Refused("BAD_INPUT", `${name}: expected certificates in PEM, the signer's first`);
}

function parseKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new Refused("BAD_INPUT", `${file}: expected a private key in PEM without a passphrase`);
  }
}

function algorithmOf(key: KeyObject): SigningAlgorithm | undefined {
  switch (key.asymmetricKeyType) {
    case "ec":
      return curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ""];
    case "rsa":
    case "rsa-pss":
      return "ps256";
    case "ed25519":
      return "ed25519";
    default:
      return undefined;
  }
}

const curveAlgorithms: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: "es256",
  secp384r1: "es384",
  secp521r1: "es512",
};

function faultsOf(chain: readonly X509Certificate[], key: KeyObject, now: Date): string[] {
  const faults: string[] = [];
  const leaf = chain[0]!;
  if (!leaf.checkPrivateKey(key)) faults.push("the private key is not the certificate's");
  if (!/^O=./m.test(leaf.subject)) faults.push("the subject must name an organisation (O)");
  if (leaf.checkIssued(leaf)) faults.push("the certificate must not be self-signed: an authority has to issue it");
  if (leaf.ca) faults.push("the certificate must not be an authority's");
  if (!leaf.keyUsage?.some((purpose) => acceptedPurposes.includes(purpose))) {
    faults.push("the extended key usage must be emailProtection, documentSigning or C2PA claim signing");
  }
  for (const [i, certificate] of chain.entries()) {
    const name = i === 0 ? "the certificate" : `certificate ${i + 1} of the chain`;
    if (now < new Date(certificate.validFrom)) faults.push(`${name} is not valid before ${certificate.validFrom}`);
    if (now > new Date(certificate.validTo)) faults.push(`${name} expired on ${certificate.validTo}`);
    const issuer = chain[i + 1];
    if (issuer && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) {
      faults.push(`${name} was not issued by the one that follows it`);
    }
  }
  return faults;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause) => {
    throw new Failed("INTERNAL", `${file} cannot be read`, { retryable: false, cause });
  });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
