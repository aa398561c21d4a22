import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { LocalStorage } from "../delivery/local-storage.ts";
import { readWhole } from "../delivery/storage.ts";
import { cyberTiplineDraft, type Incident as Filed, incidentJson, type Reporter } from "../moderation/incident.ts";
import { unseal } from "../moderation/seal.ts";
import { findAccount } from "../store/accounts.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { Database } from "../store/database.ts";
import { findEdit } from "../store/edits.ts";
import { findIncident, type Incident, listIncidents } from "../store/incidents.ts";
import { readInput, writeOutput } from "./files.ts";
import { table } from "./format.ts";
import { withDatabase } from "./with-database.ts";

const listed = 100;

/** `pentimento incident`: what was kept of hits for child abuse, for whoever has to report them. */
export function incidentCommand(): Command {
  return new Command("incident")
    .description("List and export the records kept of hits for child abuse material.")
    .addCommand(listCommand())
    .addCommand(exportCommand())
    .addHelpText("after", help);
}

const help = `
Examples:
  pentimento incident list
  pentimento incident export <id> -o report --email trust@example.org --service "Example Edit" --url https://example.org
  pentimento incident export <id> -o report --email … --service … --url … --key incident.key    also opens the picture

An export writes incident.json, report.xml and, for a picture, file-details.xml: drafts in the form of NCMEC's CyberTipline,
for a person to check and send. Nothing is sent anywhere. Every export is written to the audit log. In many countries only
what the law asks for may be done with such a picture: ask a lawyer before you open one.
The pair of keys that pictures are sealed with is made as docs/operating.md says.`;

function listCommand(): Command {
  return new Command("list").description(`List the latest ${listed} incidents, newest first.`).action(async () => {
    await withDatabase(async (db) => {
      const { edges } = await listIncidents(db, { first: listed });
      if (edges.length === 0) return console.log("no incidents");
      const rows = edges.map(({ node: { id, createdAt, stage, accountId, filter, sealedDigest, preservedUntil } }) => [
        id,
        createdAt.toISOString(),
        stage.toLowerCase(),
        accountId,
        filter,
        sealedDigest === null ? "no" : "sealed",
        preservedUntil.toISOString().slice(0, 10),
      ]);
      console.log(table([["id", "when", "stage", "account", "filter", "picture", "kept until"], ...rows]));
    });
  });
}

interface ExportOptions {
  readonly output: string;
  readonly email: string;
  readonly service: string;
  readonly url: string;
  readonly key?: string;
  readonly viewed?: true;
}

function exportCommand(): Command {
  return new Command("export")
    .description("Write an incident as JSON and as drafts of a CyberTipline report.")
    .argument("<id>", "as list shows it")
    .requiredOption("-o, --output <folder>", "where the files go, for your eyes alone; made when it is missing")
    .requiredOption("--email <address>", "of the person who reports")
    .requiredOption("--service <name>", "what your service is called")
    .requiredOption("--url <address>", "where your service is reached")
    .option("--key <file>", "the private X25519 key, 32 bytes in base64url: opens the sealed picture")
    .option("--viewed", "a person of yours has looked at the picture")
    .action((id: string, options: ExportOptions) => withDatabase((db) => exportIncident(db, id, options)));
}

async function exportIncident(db: Database, id: string, options: ExportOptions): Promise<void> {
  const incident = await findIncident(db, id);
  if (incident === null) throw new Refused("NOT_FOUND", `there is no incident ${id}; list shows them`);
  const picture = await pictureOf(incident, options.key);
  // Written down first: nobody gets a file of which the log does not know.
  const details = { opened: options.key !== undefined && picture !== undefined };
  const about = { subjectKind: "incident", subjectId: id, accountId: incident.accountId, category: "CSAM" } as const;
  await appendAudit(db, [{ ...about, actor: "server", kind: "incident.exported", details }], wallClock.date());
  const filed = await filedOf(db, incident, options.viewed === true);
  const { email, service, url } = options;
  const reporter: Reporter = { email, service, url };
  const { report, fileDetails } = cyberTiplineDraft(filed, reporter);
  const files: [string, string | Uint8Array | undefined][] = [
    ["incident.json", incidentJson(filed, reporter)],
    ["report.xml", report],
    ["file-details.xml", fileDetails],
    [options.key === undefined ? "picture.sealed" : "picture.png", picture],
  ];
  await mkdir(options.output, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new Refused("BAD_INPUT", `-o ${options.output}: cannot be made (${error.code ?? error.message})`);
  });
  for (const [name, content] of files) {
    if (content === undefined) continue;
    const file = join(options.output, name);
    // The folder may have been there, open to others.
    await writeOutput(file, typeof content === "string" ? new TextEncoder().encode(content) : content, 0o600);
    console.log(file);
  }
}

/** The sealed bytes, or what they hold with the key; undefined for an incident without a picture. */
async function pictureOf({ sealedDigest }: Incident, keyFile: string | undefined): Promise<Uint8Array | undefined> {
  if (sealedDigest === null) return undefined;
  const { dataFolder } = readServerEnvironment();
  const sealed = await readWhole(LocalStorage.beside(join(dataFolder, "images")), sealedDigest);
  if (sealed === undefined) throw new Refused("NOT_FOUND", "the sealed picture is not in the data folder");
  if (keyFile === undefined) return sealed;
  const key = Buffer.from(new TextDecoder().decode(await readInput(keyFile)).trim(), "base64url");
  if (key.length !== 32) throw new Refused("BAD_INPUT", `--key ${keyFile}: expected 32 bytes in base64url`);
  return unseal(sealed, key);
}

async function filedOf(db: Database, incident: Incident, viewed: boolean): Promise<Filed> {
  const { id, createdAt, preservedUntil, stage, filter, accountId, editId, imageId, sha256, md5, pdq } = incident;
  const { sealedDigest } = incident;
  const account = await findAccount(db, accountId);
  const edit = editId === null || stage !== "PROMPT" ? undefined : await findEdit(db, editId);
  const negativePrompt = edit?.request.negativePrompt;
  return {
    id,
    at: createdAt,
    preservedUntil,
    stage: stage as Filed["stage"],
    category: "CSAM",
    filter,
    account: { id: accountId, ...(account && { name: account.name }) },
    sealed: sealedDigest !== null,
    viewed,
    ...(editId !== null && { editId }),
    ...(imageId !== null && { imageId }),
    ...(edit && { prompt: edit.prompt }),
    ...(negativePrompt !== undefined && { negativePrompt }),
    ...(sha256 !== null && { sha256 }),
    ...(md5 !== null && { md5 }),
    ...(pdq !== null && { pdq }),
  };
}
