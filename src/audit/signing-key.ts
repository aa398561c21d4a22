import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failed } from "../core/errors.ts";
import { formatVerifier, type NoteSigner, noteSigner } from "./signed-note.ts";

/**
 * The key that signs checkpoints, from a PEM file (Ed25519, PKCS #8).
 *
 * @param name the log's name, which every checkpoint begins with, such as "images.example.org/audit"
 * @param whenMissing "make": a key for development is made there, readable by its owner alone, and its public half beside
 *   it as `<file>.pub`
 * @throws Refused BAD_INPUT when it is no such key; Failed when it cannot be read
 */
export async function openSigningKey(file: string, name: string, whenMissing: "make" | "fail"): Promise<NoteSigner> {
  try {
    return noteSigner(name, await readFile(file, "utf8"));
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (whenMissing === "fail") {
      throw new Failed("INTERNAL", `there is no key for the audit log at ${file}`, { retryable: false, cause: error });
    }
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  const signer = noteSigner(name, privateKey);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
  await writeFile(`${file}.pub`, `${formatVerifier(signer)}\n`);
  return signer;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
