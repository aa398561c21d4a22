import { Command } from "commander";
import { VerifyImageDocument, type VerifyImageQueryVariables } from "../../schema/generated/graphql.ts";
import { readClientEnvironment, readServerEnvironment, type ServerConfig } from "../config/environment.ts";
import { readSecrets } from "../config/secrets.ts";
import { wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import type { ImageFormat } from "../core/image.ts";
import { detectWatermark } from "../finishing/watermark/detect.ts";
import { dataUriBytesMax } from "../intake/data-uri.ts";
import { decodeImage } from "../intake/decode.ts";
import { sniff } from "../intake/sniff.ts";
import type { CredentialsReport } from "../provenance/credentials-report.ts";
import { openCredentials } from "../server/signing.ts";
import { Client } from "./client.ts";
import { exitCodes } from "./errors.ts";
import { readInput } from "./files.ts";
import { table } from "./format.ts";

/** `pentimento verify`: where a file comes from. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("Say where a picture comes from: by its content credentials and its watermark.")
    .argument("<file>", "JPEG, PNG, WebP or AVIF, untouched")
    .option("--server <url>", "ask a server, which also knows its pictures (key: PENTIMENTO_KEY)")
    .addHelpText("after", help)
    .action(run);
}

const help = `
Without a server the file is checked here, with the certificate and keys of this machine's data folder: trusted is what
this installation signed or PENTIMENTO_TRUST_ANCHORS vouches for.

Exit codes: 0 looked at, 3 its credentials are broken, 1 failed, 2 refused (no picture, a wrong setting).

Example:
  pentimento verify night.png`;

async function run(file: string, { server }: { server?: string }): Promise<void> {
  const bytes = await readInput(file);
  if (server === undefined) return verifyHere(bytes);
  const { key } = readClientEnvironment();
  if (key === undefined) throw new Refused("BAD_INPUT", "PENTIMENTO_KEY: a key of the server's is expected");
  await using client = new Client(server, key);
  const { verifyImage } = await client.ask(VerifyImageDocument, await named(client, bytes));
  console.log(verifyImage.summary);
  for (const { id, provenance } of verifyImage.watermark?.images ?? [])
    console.log(`picture ${id} of edit ${provenance?.edit.id}`);
  if (verifyImage.credentials?.state === "BROKEN") process.exitCode = exitCodes.broken;
}

/** A small file goes with the question and is not kept; a larger one is uploaded. */
async function named(client: Client, bytes: Uint8Array): Promise<VerifyImageQueryVariables> {
  if (bytes.length > dataUriBytesMax) return { uploadId: await client.uploadFile(bytes) };
  return { dataUri: `data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}` };
}

async function verifyHere(bytes: Uint8Array): Promise<void> {
  const type = sniff(bytes);
  if (type === undefined) throw new Refused("IMAGE_UNSUPPORTED", "the file is no JPEG, PNG, WebP or AVIF image");
  const config = readServerEnvironment();
  const report = config.credentials ? await credentialsOf(bytes, type, config) : undefined;
  const rows =
    report === undefined ? [["credentials", "not looked at: PENTIMENTO_CREDENTIALS is off"]] : rowsOf(report);
  console.log(table([...rows, ["watermark", await watermarkOf(bytes, config)]]));
  if (report?.state === "broken") process.exitCode = exitCodes.broken;
}

async function credentialsOf(bytes: Uint8Array, type: ImageFormat, config: ServerConfig): Promise<CredentialsReport> {
  await using credentials = await openCredentials(config, wallClock);
  return await credentials.read(bytes, `image/${type}`);
}

function rowsOf({ state, own, faults, manifest }: CredentialsReport): string[][] {
  const rows = [["credentials", own ? `${state}, signed by this installation` : state]];
  if (faults.length > 0) rows.push(["faults", faults.join(", ")]);
  if (manifest === undefined) return rows;
  const { signer, generator, model, actions } = manifest;
  const who = [signer?.name, signer?.organization].filter(Boolean).join(", ");
  rows.push(
    ["signer", who || "unnamed"],
    ["made by", [generator, model?.name].filter(Boolean).join(", ") || "unknown"],
  );
  return [...rows, ["actions", actions.map(({ action }) => action).join(", ")]];
}

async function watermarkOf(bytes: Uint8Array, config: ServerConfig): Promise<string> {
  const image = await decodeImage(bytes, "any").catch(() => undefined);
  if (image === undefined) return "not looked for: the pixels cannot be read";
  const { watermarkKey } = await readSecrets(config);
  const found = detectWatermark(image, watermarkKey);
  if (found === undefined) return "none of this installation's";
  return `${found.payload.toString(16).padStart(8, "0")} (confidence ${found.confidence.toFixed(2)})`;
}
