import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { certCommand } from "../../src/cli/cert-command.ts";
import { authorityCertificate, makeKeyPair, signerCertificate } from "../../src/provenance/certificate.ts";
import { hasOpenssl, openssl } from "../support/openssl.ts";

const root = await mkdtemp(join(tmpdir(), "pentimento-cert-command-"));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, "case-"));
  vi.stubEnv("PENTIMENTO_DATA", join(folder, "data"));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

/** Runs the command; what it printed. */
async function run(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  try {
    await certCommand().exitOverride().parseAsync(args, { from: "user" });
    return lines.join("\n");
  } finally {
    log.mockRestore();
  }
}

describe("pentimento cert", () => {
  it("makes a development certificate once, and shows it", async () => {
    await expect(run("show")).rejects.toThrow(/no development certificate in .* yet: .*`pentimento cert init`/);
    const made = await run("init");
    expect(made).toMatch(/^trusted +no: for development only$/m);
    expect(await run("init")).toBe(made);
    expect(await run("show")).toBe(made);
    const file = join(folder, "data", "credentials", "development-certificate.pem");
    const { fingerprint256 } = new X509Certificate(await readFile(file));
    expect(made).toContain(fingerprint256.replaceAll(":", "").toLowerCase());
    await run("init", "--folder", at("elsewhere"));
    expect((await readdir(at("elsewhere"))).sort()).toEqual(["development-certificate.pem", "development-key.pem"]);
  });

  const wish = (...more: string[]) => ["csr", "--key", at("signer.key"), "--out", at("signer.csr"), ...more];
  const names = ["--organization", "Example Ltd", "--name", "Exämple editor"];

  it("asks an authority, whose certificate for the key is then shown", async () => {
    await run(...wish(...names, "--country", "DE"));
    expect((await stat(at("signer.key"))).mode & 0o077).toBe(0);
    const key = createPrivateKey(await readFile(at("signer.key")));
    if (hasOpenssl) {
      const subject = openssl(folder, "req", "-in", "signer.csr", "-verify", "-noout", "-subject", "-nameopt", "utf8");
      expect(subject).toMatch(/C ?= ?DE, O ?= ?Example Ltd, CN ?= ?Exämple editor/);
    }
    const authority = { commonName: "An authority", organization: "Authorities" };
    const subject = { commonName: "Exämple editor", organization: "Example Ltd", country: "DE" };
    const keys = makeKeyPair();
    const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    const leaf = signerCertificate(subject, createPublicKey(key), authority, keys, from, until);
    await writeFile(at("chain.pem"), leaf + authorityCertificate(authority, keys, from, until));
    const shown = await run("show", "--certificate", at("chain.pem"), "--key", at("signer.key"));
    expect(shown).toMatch(/^signer +C=DE, O=Example Ltd, CN=Exämple editor$/m);
    expect(shown).toMatch(/^issued by +O=Authorities, CN=An authority$/m);
    expect(shown).toMatch(/^trusted +by whoever trusts the issuer$/m);
    vi.stubEnv("PENTIMENTO_CERTIFICATE", at("chain.pem"));
    vi.stubEnv("PENTIMENTO_CERTIFICATE_KEY", at("signer.key"));
    expect(await run("show")).toBe(shown);
  });

  it("overwrites neither the key that it made nor another file with the request", async () => {
    const same = join(folder, ".", "signer.key");
    await expect(run(...wish(...names, "--out", same))).rejects.toThrow(/another file than that of --key/);
    await writeFile(at("signer.csr"), "another request");
    await expect(run(...wish(...names))).rejects.toThrow(/signer.csr exists; move it away first/);
    expect(await readFile(at("signer.csr"), "utf8")).toBe("another request");
    expect(await readdir(folder)).toEqual(["signer.csr"]);
  });

  it("refuses what is wrong, and leaves no key behind where there is no request", async () => {
    await expect(run(...wish("--organization", "", "--name", "x"))).rejects.toThrow(/--organization is blank/);
    await expect(run(...wish("--organization", "x", "--name", "x".repeat(65)))).rejects.toThrow(/--name has 65/);
    await expect(run(...wish(...names, "--country", "de"))).rejects.toThrow(/two capital letters/);
    await expect(run(...wish(...names, "--out", at("nowhere/signer.csr")))).rejects.toThrow(
      /cannot be written \(ENOENT\)/,
    );
    await writeFile(at("file"), "");
    await expect(run(...wish(...names, "--key", at("file/signer.key")))).rejects.toThrow(/cannot be written/);
    expect(await readdir(folder)).toEqual(["file"]);
    await run(...wish(...names));
    const key = await readFile(at("signer.key"));
    await expect(run(...wish(...names))).rejects.toThrow(/signer.key exists; move it away first/);
    expect(await readFile(at("signer.key"))).toEqual(key);
    await expect(run("show", "--certificate", at("signer.csr"))).rejects.toThrow(/belong together/);
    await expect(run("show", "--certificate", at("signer.csr"), "--key", at("signer.key"))).rejects.toThrow(
      /expected certificates in PEM/,
    );
  });
});
