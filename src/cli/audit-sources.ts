import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { openCheckpoint, splitNotes } from "../audit/checkpoint.ts";
import { logFiles, logFolder } from "../audit/log-files.ts";
import type { SignedCheckpoint } from "../audit/sealer.ts";
import { type NoteVerifier, parseVerifier } from "../audit/signed-note.ts";
import { readServerEnvironment } from "../config/environment.ts";
import { Refused } from "../core/errors.ts";
import { hasAuditLog } from "../store/audit-log.ts";
import type { Database } from "../store/database.ts";
import { withDatabase } from "./with-database.ts";

/** What a log is checked with: a copy of the database, its checkpoints, and its public key. */
export interface Sources {
  readonly database?: string;
  readonly checkpoints?: string[];
  readonly key?: string;
}

export const databaseHelp = "SQLite file or postgresql:// URL (default: the server's)";

export function withSources(command: Command): Command {
  return command
    .option("--database <file>", databaseHelp)
    .option("--checkpoints <file...>", "signed checkpoints (default: the server's, those in PENTIMENTO_AUDIT_SINK too)")
    .option("--key <file>", "public key of the log: a file, or the key itself (default: the server's)");
}

/** What the files of checkpoints hold. */
export async function readCheckpointFiles({ checkpoints }: Sources): Promise<string[]> {
  return Promise.all((checkpoints ?? checkpointFiles()).map((file) => readText(file, "checkpoints")));
}

/** The server's own file and the sink's, which knows what was rewritten in the first. */
function checkpointFiles(): string[] {
  const { dataFolder, auditSink } = readServerEnvironment();
  return [join(dataFolder, logFolder, logFiles.checkpoints), ...(auditSink === undefined ? [] : [auditSink])];
}

/** The checkpoints in them that the key has signed, from the smallest to the largest. */
export function signedCheckpoints(files: readonly string[], verifier: NoteVerifier): SignedCheckpoint[] {
  return files
    .flatMap((file) => splitNotes(file).notes)
    .flatMap((note) => {
      const checkpoint = openCheckpoint(note, verifier);
      return "fault" in checkpoint ? [] : [{ ...checkpoint, note }];
    })
    .sort((a, b) => a.size - b.size);
}

export async function readVerifier(given: string | undefined): Promise<NoteVerifier> {
  if (given?.includes("+") && !(await exists(given))) return parseVerifier(given);
  const file = given ?? join(readServerEnvironment().dataFolder, logFolder, logFiles.publicKey);
  return parseVerifier(await readText(file, "the log's public key"));
}

export async function readText(file: string, what: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new Refused("BAD_INPUT", `${file}: expected ${what}, and it cannot be read`);
  });
}

/** Opens what is there, and changes nothing in it. Throws `Refused` BAD_INPUT where that has no audit log. */
export async function lookInto(given: string | undefined, work: (db: Database) => Promise<void>): Promise<void> {
  const look = async (db: Database) => {
    if (!(await hasAuditLog(db)))
      throw new Refused("BAD_INPUT", "the database holds no audit log: expected a server's, or a copy of it");
    await work(db);
  };
  await withDatabase(look, given === undefined ? undefined : urlOf(given), { readOnly: true });
}

function urlOf(given: string): string {
  return /^(file:|postgres(ql)?:)/.test(given) ? given : pathToFileURL(given).href;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
