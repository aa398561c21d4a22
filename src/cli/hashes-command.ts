import { constants } from "node:buffer";
import { join } from "node:path";
import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { wallClock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { categories } from "../core/moderation.ts";
import { importHashList, removeHashList } from "../journey/list-desk.ts";
import { noFilterConfig, readFilterConfig } from "../moderation/create-filters.ts";
import { HashLists, type ListStatus } from "../moderation/hash-list/hash-lists.ts";
import { importList, listFormats } from "../moderation/hash-list/import-list.ts";
import { algorithms, listsFolder } from "../moderation/hash-list/list-file.ts";
import { Policies } from "../moderation/policies.ts";
import { readInput } from "./files.ts";
import { table } from "./format.ts";
import { oneOf, wholeNumber, within } from "./option-values.ts";
import { withDatabase } from "./with-database.ts";

/** `pentimento hashes`: the lists of known pictures, looked after beside the server. */
export function hashesCommand(): Command {
  return new Command("hashes")
    .description("Import, list and remove hash lists of known pictures.")
    .addCommand(importCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addHelpText("after", help);
}

const help = `
Examples:
  pentimento hashes import hashes.json --name stopncii --category NCII --format stopncii --source StopNCII.org
  pentimento hashes import own.csv --name own --category OTHER --format csv --source "our moderators" --replace
  pentimento hashes list
  pentimento hashes remove own

Formats:
  csv       a header with type (sha256, md5 or pdq) and hash; optional id, status (deleted takes it out), quality
  json      an array of objects with the same fields, or one under "hashes"
  stopncii  an answer of StopNCII.org's FetchHashes
  ncmec     an answer of NCMEC's hash sharing API, version 2, as XML

An import adds to the list what is new and takes out what is marked as deleted; with --replace the file is the whole list.
Where an answer comes in pages, import each in turn. A running server takes up what has changed within a minute. A list
that was not imported for long (a week, or what the policy file says; --age-hours only shortens it) is stale, and pictures
are held until it is imported again. The lists lie in the data folder (PENTIMENTO_DATA); every change is written to the
audit log.`;

interface ImportOptions {
  readonly name: string;
  readonly category: string;
  readonly source: string;
  readonly format: string;
  readonly replace?: true;
  readonly ageHours?: number;
}

function importCommand(): Command {
  return new Command("import")
    .description("Bring a list up to date from a file; it is made when there is none of this name.")
    .argument("<file>", "in one of the formats")
    .requiredOption("--name <name>", "of the list here: 1 to 64 of a-z, 0-9 and dashes")
    .requiredOption("--category <category>", `what its pictures are: ${categories.join(", ")}`)
    .requiredOption("--format <format>", `of the file: ${listFormats.join(", ")}`)
    .requiredOption("--source <text>", "who gave it, for people")
    .option("--replace", "the file is the whole list, not what changed")
    .option("--age-hours <n>", "after which it is stale", within("--age-hours", 1, 720, wholeNumber))
    .action(async (file: string, { ageHours, ...options }: ImportOptions) => {
      const given = {
        name: options.name,
        source: options.source,
        category: oneOf("--category", options.category, categories),
        format: oneOf("--format", options.format, listFormats),
        replace: options.replace === true,
        ...(ageHours !== undefined && { ageHoursMax: ageHours }),
        text: textOf(file, await readInput(file)),
      };
      await withDatabase(async (db) => {
        const { added, removed, skipped } = await importHashList(
          db,
          (...list) => importList(folderOfLists(), ...list),
          given,
          act(),
        );
        console.log(`${given.name}: ${added} added, ${removed} removed`);
        for (const [reason, count] of Object.entries(skipped)) console.log(`${count} left out: ${reason}`);
      });
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("Show each list, how many hashes it holds, and whether pictures are held because of it.")
    .action(async () => {
      const { policiesFile, filtersFile } = readServerEnvironment();
      const { hashListAgeHoursMax: ageHoursMax } = await Policies.read(policiesFile);
      const { requiredHashLists: required } =
        filtersFile === undefined ? noFilterConfig : await readFilterConfig(filtersFile);
      const lists = await HashLists.open({ folder: folderOfLists(), required, ageHoursMax });
      const rows = lists.status(wallClock.date()).map(rowOf);
      if (rows.length === 0) return console.log("no hash lists");
      console.log(table([["name", "category", ...algorithms, "imported", "source", "state"], ...rows]));
    });
}

function rowOf({ name, manifest, trouble = "in force" }: ListStatus): string[] {
  const counts = algorithms.map((one) => `${manifest?.counts[one] ?? ""}`);
  const importedAt = manifest?.importedAt.slice(0, 16) ?? "";
  return [name, manifest?.category ?? "", ...counts, importedAt, manifest?.source ?? "", trouble];
}

function removeCommand(): Command {
  return new Command("remove")
    .description("Remove a list: what it knows is no longer refused.")
    .argument("<name>", "as list shows it")
    .action(async (name: string) => {
      await withDatabase((db) => removeHashList(db, folderOfLists(), name, act()));
      console.log(`hash list ${name} is removed; a running server forgets it within a minute`);
    });
}

function folderOfLists(): string {
  return join(readServerEnvironment().dataFolder, listsFolder);
}

function act() {
  return { actor: "server", at: wallClock.date() };
}

function textOf(file: string, bytes: Uint8Array): string {
  if (bytes.length > constants.MAX_STRING_LENGTH)
    throw new Refused(
      "BAD_INPUT",
      `${file}: has more than ${constants.MAX_STRING_LENGTH} bytes; split it into several`,
    );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refused("BAD_INPUT", `${file}: is not text in UTF-8; unpack it first where it is compressed`);
  }
}
