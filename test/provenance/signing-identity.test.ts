import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  authorityCertificate,
  certificateRequest,
  makeKeyPair,
  signerCertificate,
} from "../../src/provenance/certificate.ts";
import {
  developmentFiles,
  openDevelopmentIdentity,
  parseChain,
  readIdentity,
  rootOf,
} from "../../src/provenance/signing-identity.ts";
import { hasOpenssl, openssl } from "../support/openssl.ts";

const now = new Date("2026-11-28T12:00:00Z");
const from = new Date("2026-01-01T00:00:00Z");
/** Past 2050 a certificate writes its times in another form. */
const until = new Date("2052-01-01T00:00:00Z");
const authority = { commonName: "Test CA", organization: "Tests" };
const subject = { commonName: "Tëst signer", organization: "Tests", country: "DE" };

const newFolder = () => mkdtemp(join(tmpdir(), "pentimento-identity-"));

async function writeFiles(chain: string, key: string): Promise<[string, string]> {
  const folder = await newFolder();
  const files: [string, string] = [join(folder, "chain.pem"), join(folder, "key.pem")];
  await writeFile(files[0], chain);
  await writeFile(files[1], key);
  return files;
}

const exported = (key: ReturnType<typeof makeKeyPair>) =>
  key.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

describe("certificates", () => {
  const [authorityKey, key] = [makeKeyPair(), makeKeyPair()];
  const ca = authorityCertificate(authority, authorityKey, from, until);
  const leaf = signerCertificate(subject, key.publicKey, authority, authorityKey, from, until);

  it("say who, for how long and by whom", () => {
    const parsed = new X509Certificate(leaf);
    expect(parsed.subject).toBe("C=DE\nO=Tests\nCN=Tëst signer");
    expect(parsed.validTo).toBe("Jan  1 00:00:00 2052 GMT");
    expect(parsed.checkIssued(new X509Certificate(ca))).toBe(true);
    expect(parsed.verify(authorityKey.publicKey)).toBe(true);
    expect(parsed.checkPrivateKey(key.privateKey)).toBe(true);
  });

  it.skipIf(!hasOpenssl)("are what OpenSSL holds for valid, by its strictest rules", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "ca.pem"), ca);
    await writeFile(join(folder, "leaf.pem"), leaf);
    expect(openssl(folder, "verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem")).toBe("leaf.pem: OK\n");
  });

  it.skipIf(!hasOpenssl)("can be asked for from an authority", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "request.pem"), certificateRequest(subject, makeKeyPair()));
    const text = openssl(folder, "req", "-in", "request.pem", "-noout", "-text", "-verify", "-nameopt", "utf8");
    expect(text).toContain("O=Tests");
    expect(text).toContain("Digital Signature");
    expect(text).toContain("E-mail Protection");
  });
});

describe("the development identity", () => {
  it("is made once, is named for what it is, and its key is its owner's alone", async () => {
    const folder = await newFolder();
    const made = await openDevelopmentIdentity(folder, now);
    expect(await openDevelopmentIdentity(folder, now)).toEqual(made);
    expect(made).toMatchObject({ algorithm: "es256", development: true });
    expect(new X509Certificate(rootOf(made)).subject).toContain("Pentimento development CA (not trusted)");
    expect((await stat(join(folder, developmentFiles.key))).mode & 0o777).toBe(0o600);
    const pems = await readFile(join(folder, developmentFiles.certificate), "utf8");
    expect(parseChain(pems, "chain")).toHaveLength(2);
  });
});

describe("an identity that is given", () => {
  const authorityKey = makeKeyPair();
  const key = makeKeyPair();
  const ca = authorityCertificate(authority, authorityKey, from, until);
  const leaf = signerCertificate(subject, key.publicKey, authority, authorityKey, from, until);
  const faultsOf = async (chain: string, pem: string, at = now) => {
    const files = await writeFiles(chain, pem);
    return readIdentity(...files, at).then(
      () => [],
      (error) => error.faults,
    );
  };

  it("is read with its chain, or without", async () => {
    const whole = await readIdentity(...(await writeFiles(`A comment\n${leaf}${ca}`, exported(key))), now);
    expect(whole).toMatchObject({ chain: leaf + ca, algorithm: "es256", development: false });
    expect(await faultsOf(leaf, exported(key))).toEqual([]);
  });

  it("is refused with everything that validators would object to", async () => {
    const other = makeKeyPair();
    expect(await faultsOf(ca, exported(authorityKey))).toEqual([
      "the certificate must not be self-signed: an authority has to issue it",
      "the certificate must not be an authority's",
      "the extended key usage must be emailProtection, documentSigning or C2PA claim signing",
    ]);
    expect(await faultsOf(leaf, exported(other))).toEqual(["the private key is not the certificate's"]);
    expect(await faultsOf(leaf, exported(key), new Date("2053-01-01T00:00:00Z"))).toEqual([
      "the certificate expired on Jan  1 00:00:00 2052 GMT",
    ]);
    const otherCa = authorityCertificate(authority, other, from, until);
    expect(await faultsOf(leaf + otherCa, exported(key))).toEqual([
      "the certificate was not issued by the one that follows it",
    ]);
    const nameless = signerCertificate(
      { ...subject, organization: "" },
      key.publicKey,
      authority,
      authorityKey,
      from,
      until,
    );
    expect(await faultsOf(nameless, exported(key))).toEqual(["the subject must name an organisation (O)"]);
  });

  it("is refused when a file is something else, or not there", async () => {
    const [chain, pem] = await writeFiles(leaf, exported(key));
    await expect(readIdentity(pem, pem, now)).rejects.toThrow(/expected certificates in PEM/);
    await expect(readIdentity(chain, chain, now)).rejects.toThrow(/expected a private key in PEM/);
    await expect(readIdentity(chain, `${pem}.not`, now)).rejects.toThrow(/cannot be read/);
  });
});
