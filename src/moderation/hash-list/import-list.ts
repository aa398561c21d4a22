import { createHash } from "node:crypto";
import { nextTurn } from "../../core/clock.ts";
import { Refused } from "../../core/errors.ts";
import type { Category } from "../../core/moderation.ts";
import { KeyTable } from "./key-table.ts";
import {
  type Algorithm,
  algorithms,
  checkListName,
  type Entries,
  entriesMax,
  hashBytes,
  idBytes,
  type ListManifest,
  listNames,
  readEntries,
  readManifest,
  sourceCharactersMax,
  writeList,
} from "./list-file.ts";
import { exclusively } from "./list-lock.ts";
import type { ListUpdate, Skipped } from "./list-update.ts";
import { parseCsv } from "./parse-csv.ts";
import { parseJsonList, parseStopNcii } from "./parse-json.ts";
import { parseNcmec } from "./parse-ncmec.ts";

/** The shapes that a list may come in; each is described where it is parsed. */
export const listFormats = ["csv", "json", "stopncii", "ncmec"] as const;
export type ListFormat = (typeof listFormats)[number];

const parsers: Readonly<Record<ListFormat, (text: string) => Iterable<ListUpdate | Skipped>>> = {
  csv: parseCsv,
  json: parseJsonList,
  stopncii: parseStopNcii,
  ncmec: parseNcmec,
};

export interface ListImport {
  readonly name: string;
  readonly category: Category;
  readonly source: string;
  readonly format: ListFormat;
  readonly text: string;
  /** Whether the text is the whole list; otherwise it is what changed since the last import. */
  readonly replace: boolean;
  readonly ageHoursMax?: number;
}

/** What an import changes. */
export interface ListChanges {
  /** Hashes that the list holds now and did not before, and the other way round. */
  readonly added: number;
  readonly removed: number;
  /** What could not be used, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface ImportReport extends ListChanges {
  readonly manifest: ListManifest;
}

/** Called when it is known what an import changes, before anything is: where it fails the list stays as it was. */
export type BeforeImport = (changes: ListChanges) => Promise<void>;

/** Entries read or copied between two turns of the event loop: about 2 ms. */
const entriesPerTurn = 1024;

/**
 * Brings a list in `folder` up to date. Throws `Refused` BAD_INPUT, the list left as it was, when the text has another
 * shape, holds nothing that could be used, would replace the list by nothing, or gives it another category; and while
 * another changes the list.
 */
export async function importList(
  folder: string,
  given: ListImport,
  at: Date,
  before: BeforeImport = async () => {},
): Promise<ImportReport> {
  checkAbout(given);
  return exclusively(folder, given.name, () => merged(folder, given, at, before));
}

async function merged(folder: string, given: ListImport, at: Date, onMerged: BeforeImport): Promise<ImportReport> {
  const known = (await listNames(folder)).includes(given.name);
  const before = known ? await readManifest(folder, given.name) : undefined;
  if (before !== undefined && before.category !== given.category) {
    throw new Refused("BAD_INPUT", `the list "${given.name}" is one of ${before.category}, not of ${given.category}`);
  }
  const { changes, skipped } = await readChanges(given);
  const old = before === undefined ? noEntries : await readEntries(folder, given.name, before);
  const made = {} as Record<Algorithm, Merged>;
  for (const one of algorithms) made[one] = await merge(one, old[one], changes, given.replace);
  const sum = (count: (one: Algorithm) => number) => algorithms.reduce((sum, one) => sum + count(one), 0);
  const stayed = sum((one) => made[one].stayed);
  const added = sum((one) => made[one].ids.length / idBytes) - stayed;
  const report = { added, removed: sum((one) => before?.counts[one] ?? 0) - stayed, skipped };
  await onMerged(report);
  const { category, source, ageHoursMax } = given;
  const manifest = await writeList(folder, given.name, made, {
    category,
    source,
    importedAt: at.toISOString(),
    ...(ageHoursMax === undefined ? {} : { ageHoursMax }),
  });
  return { manifest, ...report };
}

function checkAbout({ name, source, ageHoursMax }: ListImport): void {
  checkListName(name);
  if (source.length > sourceCharactersMax)
    throw new Refused(
      "BAD_INPUT",
      `the source has ${source.length} characters; at most ${sourceCharactersMax} are kept`,
    );
  if (ageHoursMax !== undefined && !(ageHoursMax > 0))
    throw new Refused(
      "BAD_INPUT",
      `a list that is stale after ${ageHoursMax} hours always is; leave it out or give more`,
    );
}

/** The last word on each entry: by its id, or by its hash where it has none. */
interface Changes {
  readonly byId: ReadonlyMap<string, ListUpdate>;
  readonly byHash: Readonly<Record<Algorithm, ReadonlyMap<string, boolean>>>;
}

async function readChanges({
  format,
  text,
  replace,
}: ListImport): Promise<{ changes: Changes; skipped: Record<string, number> }> {
  const byId = new Map<string, ListUpdate>();
  const byHash = {
    sha256: new Map<string, boolean>(),
    md5: new Map<string, boolean>(),
    pdq: new Map<string, boolean>(),
  };
  const skipped: Record<string, number> = {};
  let read = 0;
  for (const update of parsers[format](text)) {
    read += 1;
    if (read % entriesPerTurn === 0) await nextTurn();
    if ("skipped" in update) skipped[update.skipped] = (skipped[update.skipped] ?? 0) + 1;
    else if (update.id === undefined)
      for (const one of update.hashes) byHash[one.algorithm].set(one.hex, update.deleted);
    else {
      const key = idKey(update.id);
      byId.set(key, together(byId.get(key), update, format));
    }
  }
  const used = byId.size + algorithms.reduce((sum, one) => sum + byHash[one].size, 0);
  if (read > 0 && used === 0) {
    const reasons = Object.keys(skipped).join(", ");
    throw new Refused("BAD_INPUT", `nothing in the list can be used: ${reasons}`);
  }
  const changes = { byId, byHash };
  if (replace && algorithms.every((one) => freshKeys(one, changes).length === 0))
    throw new Refused(
      "BAD_INPUT",
      "the list would be left empty: replacing takes a whole list, removing it is another act",
    );
  return { changes, skipped };
}

/** CSV and JSON have a line for each hash of an entry; elsewhere an entry comes whole, the later in place of the earlier. */
function together(before: ListUpdate | undefined, update: ListUpdate, format: ListFormat): ListUpdate {
  const continues =
    (format === "csv" || format === "json") && before !== undefined && !before.deleted && !update.deleted;
  return continues ? { ...update, hashes: [...before.hashes, ...update.hashes] } : update;
}

type Hashes = Entries[Algorithm];
interface Merged extends Hashes {
  /** How many of the entries before are still there. */
  readonly stayed: number;
}

const none: Hashes = { hashes: new Uint8Array(0), ids: new Uint8Array(0) };
const noEntries: Entries = { sha256: none, md5: none, pdq: none };

/** The hashes of one kind after the changes. */
async function merge(algorithm: Algorithm, old: Hashes, changes: Changes, replace: boolean): Promise<Merged> {
  const width = hashBytes[algorithm];
  const oldCount = old.ids.length / idBytes;
  const fresh = freshKeys(algorithm, changes);
  if (oldCount + fresh.length > entriesMax) {
    throw new Refused("BAD_INPUT", `a list holds at most ${entriesMax} hashes of one kind; split it into several`);
  }
  const table = new KeyTable(width + idBytes, oldCount + fresh.length);
  const oldKey = (i: number) => {
    const hash = old.hashes.subarray(i * width, (i + 1) * width);
    return Buffer.concat([hash, old.ids.subarray(i * idBytes, (i + 1) * idBytes)]);
  };
  const superseded = (key: Buffer) =>
    changes.byId.has(key.toString("hex", width)) ||
    changes.byHash[algorithm].get(key.toString("hex", 0, width)) === true;
  if (!replace) {
    await slowly(oldCount, (i) => {
      const key = oldKey(i);
      if (!superseded(key)) table.add(key);
    });
  }
  await slowly(fresh.length, (i) => table.add(Buffer.from(fresh[i]!, "hex")));
  let stayed = 0;
  await slowly(oldCount, (i) => {
    if (table.has(oldKey(i))) stayed += 1;
  });
  return { ...parted(table, width), stayed };
}

/** Hashes of one kind that the changes bring, each with the key of its entry, in hex. */
function freshKeys(algorithm: Algorithm, { byId, byHash }: Changes): string[] {
  const keys: string[] = [];
  for (const [id, { deleted, hashes }] of byId) {
    if (deleted) continue;
    for (const one of hashes) if (one.algorithm === algorithm) keys.push(one.hex + id);
  }
  for (const [hex, deleted] of byHash[algorithm]) if (!deleted) keys.push(hex + noId);
  return keys;
}

/** Calls `visit` with 0…count − 1, letting the event loop go on now and then. */
async function slowly(count: number, visit: (index: number) => void): Promise<void> {
  for (let from = 0; from < count; from += entriesPerTurn) {
    await nextTurn();
    for (let i = from; i < Math.min(count, from + entriesPerTurn); i += 1) visit(i);
  }
}

const noId = "00".repeat(idBytes);

function idKey(id: string): string {
  return createHash("sha256").update(id).digest().toString("hex", 0, idBytes);
}

/** Hashes and ids apart, as a file holds them. */
function parted(table: KeyTable, width: number): Hashes {
  const { keys, count } = table;
  const [hashes, ids] = [new Uint8Array(count * width), new Uint8Array(count * idBytes)];
  for (let i = 0; i < count; i += 1) {
    const at = i * (width + idBytes);
    hashes.set(keys.subarray(at, at + width), i * width);
    ids.set(keys.subarray(at + width, at + width + idBytes), i * idBytes);
  }
  return { hashes, ids };
}
