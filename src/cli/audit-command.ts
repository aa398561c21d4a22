import { createWriteStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { z } from "zod";
import { openCheckpoint, splitNotes } from "../audit/checkpoint.ts";
import { exportEvents, exportFormats } from "../audit/export.ts";
import { logFiles, logFolder } from "../audit/log-files.ts";
import { type EventProof, faultOfProof, proveEvent } from "../audit/prove.ts";
import { type NoteVerifier, parseVerifier } from "../audit/signed-note.ts";
import { type AuditReport, verifyAudit } from "../audit/verify.ts";
import { readServerEnvironment } from "../config/environment.ts";
import type { SealedEvent } from "../core/audit-event.ts";
import { Refused } from "../core/errors.ts";
import {
  type AuditFilter,
  auditEventPages,
  countSealed,
  countUnsealed,
  findAuditEvent,
  hashedRows,
  sealedEvents,
} from "../store/audit-log.ts";
import type { Database } from "../store/database.ts";
import { exitCodes } from "./errors.ts";
import { table } from "./format.ts";
import { oneOf } from "./option-values.ts";
import { ProgressBar } from "./progress-bar.ts";
import { withDatabase } from "./with-database.ts";

interface Sources {
  readonly database?: string;
  readonly checkpoints?: string[];
  readonly key?: string;
}

/** `pentimento audit`: works on a copy of the database, the checkpoints and the public key, with no server. */
export function auditCommand(): Command {
  const command = new Command("audit").description("Check, prove and export the audit log.").addHelpText("after", help);
  withSources(command.command("verify"))
    .description("Check that nothing in the log was changed, removed, moved or put in.")
    .option("--proof <file>", "check a proof of one event instead; needs the key alone")
    .action(runVerify);
  withSources(command.command("prove"))
    .description("Prove that an event is in the log, as JSON that anybody can check with the public key.")
    .argument("<event>", "id of the event")
    .action(runProve);
  command
    .command("export")
    .description("Write events, newest first.")
    .option("--database <file>", databaseHelp)
    .option("--format <format>", exportFormats.join(" or "), "ndjson")
    .option("--out <file>", "where to (default: standard output)")
    .option("--account <id>", "concerned")
    .option("--kind <kind...>", "such as edit.moved")
    .option("--subject <id>", "of an edit, an image, a case …")
    .option("--category <category>", "of moderation")
    .option("--actor <id>", "who did it")
    .option("--from <time>", "ISO 8601, such as 2026-11-28 or 2026-11-28T10:00:00Z", toTime)
    .option("--before <time>", "the same; itself not included", toTime)
    .action(runExport);
  return command;
}

const databaseHelp = "SQLite file or postgresql:// URL (default: the server's)";

const help = `
A log is checked with three things, best kept apart: a copy of the database (with its -wal file, or made with
sqlite3 pentimento.db ".backup copy.db"), the checkpoints that the server wrote beside it and to PENTIMENTO_AUDIT_SINK,
and its public key, ${logFolder}/${logFiles.publicKey} of the server's data.

Examples:
  pentimento audit verify --database copy.db --checkpoints checkpoints.txt elsewhere.txt --key key.pub
  pentimento audit prove 0k3x… > proof.json && pentimento audit verify --proof proof.json
  pentimento audit export --format csv --kind case.decided --from 2026-11-01 --out decisions.csv`;

function withSources(command: Command): Command {
  return command
    .option("--database <file>", databaseHelp)
    .option("--checkpoints <file...>", "signed checkpoints (default: the server's)")
    .option("--key <file>", "public key of the log: a file, or the key itself (default: the server's)");
}

async function runVerify({ proof, ...sources }: Sources & { readonly proof?: string }): Promise<void> {
  const verifier = await readVerifier(sources.key);
  if (proof !== undefined) return verifyProof(proof, verifier);
  const files = await Promise.all(checkpointFiles(sources).map((file) => readText(file, "checkpoints")));
  await lookInto(sources.database, async (db) => {
    const total = await countSealed(db);
    const bar = new ProgressBar("checking");
    let checked = 0;
    const source = {
      unsealedCount: () => countUnsealed(db),
      async *sealed() {
        for await (const page of sealedEvents(db)) {
          yield page;
          checked += page.length;
          bar.update(checked / total, `${checked} of ${total} events`);
        }
      },
    };
    report(await verifyAudit(source, files, verifier).finally(() => bar.clear()));
  });
}

function report(found: AuditReport): void {
  console.log(
    table([
      ["events", `${found.sealed} in the chain, ${found.unsealed} too young for it`],
      ["checkpoints", `${found.checkpoints}, with ${found.afterCheckpoint} events after the last`],
      ["erased", `details of ${found.erased} events`],
    ]),
  );
  if (found.whole) {
    console.log("the log is whole: nothing was changed, removed, moved or put in");
    return;
  }
  for (const fault of found.faults) console.log(`fault: ${fault}`);
  if (found.faultCount > found.faults.length) console.log(`… and ${found.faultCount - found.faults.length} more`);
  console.log("the log is NOT whole");
  process.exitCode = exitCodes.failed;
}

const proofSchema = z.object({
  event: z.object({
    id: z.string(),
    at: z.iso.datetime().transform((text) => new Date(text)),
    actor: z.string(),
    kind: z.string(),
    subjectKind: z.string(),
    subjectId: z.string(),
    accountId: z.string().nullable(),
    category: z.string().nullable(),
    details: z.unknown(),
    salt: z.string(),
    detailsDigest: z.string(),
  }),
  position: z.int().min(0),
  previousLink: z.string(),
  hashes: z.array(z.string()),
  checkpoint: z.string(),
});

async function verifyProof(file: string, verifier: NoteVerifier): Promise<void> {
  const proof = parseProof(file, await readText(file, "a proof"));
  const fault = faultOfProof(proof, verifier);
  if (fault === undefined) {
    console.log(
      `event ${proof.event.id} is event ${proof.position} of the log: ${proof.event.kind}, ${proof.event.at.toISOString()}`,
    );
    return;
  }
  console.log(`the proof does not hold: ${fault}`);
  process.exitCode = exitCodes.failed;
}

function parseProof(file: string, text: string): EventProof {
  try {
    return proofSchema.parse(JSON.parse(text)) as EventProof;
  } catch {
    throw new Refused("BAD_INPUT", `${file}: expected what \`pentimento audit prove\` writes`);
  }
}

async function runProve(eventId: string, sources: Sources): Promise<void> {
  const verifier = await readVerifier(sources.key);
  const files = await Promise.all(checkpointFiles(sources).map((file) => readText(file, "checkpoints")));
  await lookInto(sources.database, async (db) => {
    const event = await findAuditEvent(db, eventId);
    if (event === null) throw new Refused("NOT_FOUND", `there is no audit event "${eventId}"`);
    const checkpoint = coveringCheckpoint(files, verifier, event.position ?? Number.POSITIVE_INFINITY);
    if (checkpoint === undefined) {
      throw new Refused(
        "NOT_FOUND",
        "no checkpoint covers the event yet: one is made every minute while the server runs",
      );
    }
    const proof = await proveEvent({ hashedRows: (at) => hashedRows(db, at) }, event as SealedEvent, checkpoint);
    const fault = faultOfProof(proof, verifier);
    if (fault !== undefined) throw new Refused("BAD_INPUT", `the log cannot prove it: ${fault}; run audit verify`);
    console.log(JSON.stringify(proof, null, 2));
  });
}

/** The newest checkpoint over the event at a position. */
function coveringCheckpoint(files: readonly string[], verifier: NoteVerifier, position: number) {
  const found = files
    .flatMap((file) => splitNotes(file).notes)
    .flatMap((note) => {
      const checkpoint = openCheckpoint(note, verifier);
      return "fault" in checkpoint || checkpoint.size <= position ? [] : [{ note, size: checkpoint.size }];
    });
  return found.sort((a, b) => b.size - a.size)[0];
}

interface ExportOptions extends Omit<AuditFilter, "kinds" | "accountId" | "subjectId"> {
  readonly database?: string;
  readonly format: string;
  readonly out?: string;
  readonly account?: string;
  readonly kind?: string[];
  readonly subject?: string;
}

async function runExport({ database, format, out, account, kind, subject, ...rest }: ExportOptions): Promise<void> {
  const filter: AuditFilter = {
    ...rest,
    ...(account !== undefined && { accountId: account }),
    ...(kind !== undefined && { kinds: kind }),
    ...(subject !== undefined && { subjectId: subject }),
  };
  const chosen = oneOf("--format", format, exportFormats);
  await lookInto(database, async (db) => {
    const lines = Readable.from(exportEvents(auditEventPages(db, filter), chosen));
    if (out === undefined) await pipeline(lines, process.stdout, { end: false });
    else await pipeline(lines, createWriteStream(out));
  });
}

function toTime(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new Refused("BAD_INPUT", `"${text}" is no time: such as 2026-11-28T10:00:00Z`);
  return at;
}

function checkpointFiles({ checkpoints }: Sources): string[] {
  return checkpoints ?? [join(readServerEnvironment().dataFolder, logFolder, logFiles.checkpoints)];
}

async function readVerifier(given: string | undefined): Promise<NoteVerifier> {
  if (given?.includes("+") && !(await exists(given))) return parseVerifier(given);
  const file = given ?? join(readServerEnvironment().dataFolder, logFolder, logFiles.publicKey);
  return parseVerifier(await readText(file, "the log's public key"));
}

async function readText(file: string, what: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new Refused("BAD_INPUT", `${file}: expected ${what}, and it cannot be read`);
  });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Opens what is there, and changes nothing in it. */
async function lookInto(given: string | undefined, work: (db: Database) => Promise<void>): Promise<void> {
  await withDatabase(work, given === undefined ? undefined : await urlOf(given), { migrate: false });
}

async function urlOf(given: string): Promise<string> {
  if (/^(file:|postgres(ql)?:)/.test(given)) return given;
  if (await exists(given)) return `file:${resolve(given)}`;
  throw new Refused("BAD_INPUT", `${given}: expected a database file, and there is none`);
}
