import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { exportEvents, exportFormats } from "../audit/export.ts";
import { logFiles, logFolder } from "../audit/log-files.ts";
import { type AuditReport, verifyAudit } from "../audit/verify.ts";
import { type AuditKind, auditKinds } from "../core/audit.ts";
import { Refused } from "../core/errors.ts";
import { categories } from "../core/moderation.ts";
import type { AuditFilter } from "../store/audit-filter.ts";
import { auditEventPages, countSealed, logOf } from "../store/audit-log.ts";
import { verifyProof, writeConsistency, writeInclusion } from "./audit-proofs.ts";
import {
  databaseHelp,
  lookInto,
  readCheckpointFiles,
  readVerifier,
  type Sources,
  withSources,
} from "./audit-sources.ts";
import { exitCodes } from "./errors.ts";
import { table } from "./format.ts";
import { oneOf, wholeNumber, within } from "./option-values.ts";
import { ProgressBar } from "./progress-bar.ts";

/** `pentimento audit`: works on a copy of the database, the checkpoints and the public key, with no server. */
export function auditCommand(): Command {
  const command = new Command("audit").description("Check, prove and export the audit log.").addHelpText("after", help);
  withSources(command.command("verify"))
    .description("Check that nothing in the log was changed, removed, moved or put in.")
    .option("--proof <file>", "check a proof of one event, or of consistency, instead; needs the key alone")
    .action(runVerify);
  withSources(command.command("prove"))
    .description("Prove that an event is in the log, as JSON that anybody can check with the public key.")
    .argument("<event>", "id of the event")
    .action(writeInclusion);
  withSources(command.command("consistency"))
    .description("Prove that the log of one checkpoint begins with that of another, as JSON for `verify --proof`.")
    .option("--older <events>", "events of the older checkpoint (default: the first)", sizeOption("--older"))
    .option("--newer <events>", "events of the newer (default: the last)", sizeOption("--newer"))
    .action(writeConsistency);
  command
    .command("export")
    .description("Write events, newest first.")
    .option("--database <file>", databaseHelp)
    .option("--format <format>", exportFormats.join(" or "), "ndjson")
    .option("--out <file>", "where to (default: standard output)")
    .option("--account <id>", "concerned")
    .option("--kind <kind...>", "such as edit.moved", toKinds)
    .option("--subject <id>", "of an edit, an image, a case …")
    .option("--category <category>", "of moderation", (text) => oneOf("--category", text, categories))
    .option("--actor <id>", "who did it")
    .option("--from <time>", "ISO 8601, such as 2026-11-28 or 2026-11-28T10:00:00Z", toTime)
    .option("--before <time>", "the same; itself not included", toTime)
    .action(runExport);
  return command;
}

/** Positions are 32-bit. */
const sizeOption = (option: string) => within(option, 1, 2 ** 31 - 1, wholeNumber);

const help = `
A log is checked with three things, best kept apart: a copy of the database (with its -wal file, or made with
sqlite3 pentimento.db ".backup copy.db"), the checkpoints that the server wrote beside it and to PENTIMENTO_AUDIT_SINK,
and its public key, ${logFolder}/${logFiles.publicKey} of the server's data.

Examples:
  pentimento audit verify --database copy.db --checkpoints checkpoints.txt elsewhere.txt --key key.pub
  pentimento audit prove 0k3x… > proof.json && pentimento audit verify --proof proof.json
  pentimento audit consistency --older 1200 --checkpoints checkpoints.txt elsewhere.txt > consistency.json
  pentimento audit export --format csv --kind case.decided --from 2026-11-01 --out decisions.csv`;

async function runVerify({ proof, ...sources }: Sources & { readonly proof?: string }): Promise<void> {
  const verifier = await readVerifier(sources.key);
  if (proof !== undefined) return verifyProof(proof, verifier);
  const files = await readCheckpointFiles(sources);
  await lookInto(sources.database, async (db) => {
    const total = await countSealed(db);
    const bar = new ProgressBar("checking");
    let checked = 0;
    const log = logOf(db);
    const source = {
      ...log,
      async *sealed() {
        for await (const page of log.sealed()) {
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

interface ExportOptions extends Omit<AuditFilter, "kinds" | "accountId" | "subjectId"> {
  readonly database?: string;
  readonly format: string;
  readonly out?: string;
  readonly account?: string;
  readonly kind?: readonly AuditKind[];
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
    if (out === undefined) await pipeline(lines, process.stdout, { end: false }).catch(unlessReadEnough);
    else await pipeline(lines, createWriteStream(out));
  });
}

/** Whoever reads the output may stop, as `head` does. */
function unlessReadEnough(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function toKinds(text: string, before: readonly AuditKind[] = []): AuditKind[] {
  return [...before, oneOf("--kind", text, auditKinds)];
}

function toTime(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new Refused("BAD_INPUT", `"${text}" is no time: such as 2026-11-28T10:00:00Z`);
  return at;
}
