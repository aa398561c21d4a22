import { createHash, type X509Certificate } from "node:crypto";
import { access, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { certificateRequest, makeKeyPair } from "../provenance/certificate.ts";
import {
  developmentFiles,
  developmentFolder,
  openDevelopmentIdentity,
  parseChain,
  readIdentity,
  type SigningIdentity,
  writePrivate,
} from "../provenance/signing-identity.ts";
import { table } from "./format.ts";

/** `pentimento cert`: who signs the content credentials of results. */
export function certCommand(): Command {
  const command = new Command("cert")
    .description("Certificates that results are signed with (C2PA content credentials).")
    .addHelpText("after", help);
  command
    .command("init")
    .description("Make a certificate for development, as the first start does.")
    .option("--folder <folder>", "where to (default: the server's data)")
    .action(async ({ folder }: { folder?: string }) => {
      const target = resolve(folder ?? join(readServerEnvironment().dataFolder, developmentFolder));
      show(await openDevelopmentIdentity(target, wallClock.date()), join(target, developmentFiles.certificate));
    });
  command
    .command("csr")
    .description("Make a key, and a request with which an authority issues its certificate.")
    .requiredOption("--organization <name>", "who signs")
    .requiredOption("--name <name>", "name in the certificate, such as the product's")
    .option("--country <code>", "two letters")
    .requiredOption("--key <file>", "where the new key goes; it must not exist")
    .requiredOption("--out <file>", "where the request goes; it must not exist")
    .action(runRequest);
  command
    .command("show")
    .description("Show who signs, and whether validators would accept the certificate.")
    .option("--certificate <file>", "PEM chain (default: PENTIMENTO_CERTIFICATE, else the development one)")
    .option("--key <file>", "its private key (default: PENTIMENTO_CERTIFICATE_KEY, else the development one)")
    .action(runShow);
  return command;
}

const help = `
Without a certificate of yours the server signs with a development one, which nobody has a reason to trust: files verify
as untouched, from an unknown signer. For the world to trust the signer, have a certificate issued by an authority on
C2PA's trust list, and set PENTIMENTO_CERTIFICATE (the chain, signer first) and PENTIMENTO_CERTIFICATE_KEY.

Example:
  pentimento cert csr --organization "Example Ltd" --name "Example editor" --key signer.key --out signer.csr`;

interface RequestOptions {
  readonly organization: string;
  readonly name: string;
  readonly country?: string;
  readonly key: string;
  readonly out: string;
}

async function runRequest({ organization, name, country, key, out }: RequestOptions): Promise<void> {
  checkName("--organization", organization);
  checkName("--name", name);
  if (country !== undefined && !/^[A-Z]{2}$/.test(country)) {
    throw new Refused("BAD_INPUT", `--country ${country}: two capital letters are expected, such as DE`);
  }
  if (resolve(key) === resolve(out)) {
    throw new Refused("BAD_INPUT", `--out ${out}: another file than that of --key is expected`);
  }
  const pair = makeKeyPair();
  await writePrivate(resolve(key), pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  const request = certificateRequest({ commonName: name, organization, ...(country && { country }) }, pair);
  await writeFile(out, request, { flag: "wx" }).catch(async (error: NodeJS.ErrnoException) => {
    // A key without its request would only be in the way of the next try.
    await rm(key, { force: true });
    if (error.code === "EEXIST") throw new Refused("BAD_INPUT", `--out ${out} exists; move it away first`);
    throw new Refused("BAD_INPUT", `--out ${out}: cannot be written (${error.code ?? error.message})`);
  });
  console.log(`key      ${key} (ES256; keep it secret)\nrequest  ${out} (send it to the authority)`);
}

/** X.520's upper bound for names. */
const nameCharactersMax = 64;

function checkName(option: string, text: string): void {
  const { length } = [...text];
  if (text.trim() === "")
    throw new Refused("BAD_INPUT", `${option} is blank: 1 to ${nameCharactersMax} characters are expected`);
  if (length > nameCharactersMax)
    throw new Refused("BAD_INPUT", `${option} has ${length} characters: 1 to ${nameCharactersMax} are expected`);
}

async function runShow({ certificate, key }: { certificate?: string; key?: string }): Promise<void> {
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Refused("BAD_INPUT", "--certificate and --key belong together");
  }
  const config = readServerEnvironment();
  const folder = join(config.dataFolder, developmentFolder);
  const files = {
    certificate: certificate ?? config.certificateFile ?? join(folder, developmentFiles.certificate),
    key: key ?? config.certificateKeyFile ?? join(folder, developmentFiles.key),
  };
  if (config.certificateFile === undefined && certificate === undefined) await mustBeMade(files.certificate);
  show(await readIdentity(files.certificate, files.key, wallClock.date()), files.certificate);
}

async function mustBeMade(file: string): Promise<void> {
  await access(file).catch(() => {
    throw new Refused(
      "NOT_FOUND",
      `there is no development certificate in ${dirname(file)} yet: the first start makes it, or \`pentimento cert init\``,
    );
  });
}

function show(identity: SigningIdentity, file: string): void {
  const line = (text: string) => text.replaceAll("\n", ", ");
  const chain = parseChain(identity.chain, file);
  const leaf: X509Certificate = chain[0]!;
  // A root is its own issuer.
  const issuers = chain.filter(({ subject, issuer }) => subject !== issuer).map(({ issuer }) => issuer);
  console.log(
    table([
      ["certificate", file],
      ["signer", line(leaf.subject)],
      ["issued by", issuers.map(line).join(" ← ")],
      ["valid", `${leaf.validFrom} to ${leaf.validTo}`],
      ["algorithm", identity.algorithm],
      ["SHA-256", createHash("sha256").update(leaf.raw).digest("hex")],
      ["trusted", identity.development ? "no: for development only" : "by whoever trusts the issuer"],
    ]),
  );
}
