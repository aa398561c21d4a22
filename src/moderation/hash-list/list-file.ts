import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { inPieces } from "../../core/clock.ts";
import { Failed, Refused } from "../../core/errors.ts";
import { categories } from "../../core/moderation.ts";
import { writeWhole } from "../../core/write-whole.ts";
import { exclusively } from "./list-lock.ts";

/** The hashes that a list may hold, in the order of its file, with their bytes. */
export const algorithms = ["sha256", "md5", "pdq"] as const;
export type Algorithm = (typeof algorithms)[number];
export const hashBytes: Readonly<Record<Algorithm, number>> = { sha256: 32, md5: 16, pdq: 32 };

/** Bytes of an entry's key: the start of SHA-256 of its id at the source, zeros where it has none. */
export const idBytes = 8;

/** Entries of one kind in one list. At 100 bytes each this is 400 MB of memory, the most that a server may spend on it. */
export const entriesMax = 4_000_000;

/** For people: a name and an address. */
export const sourceCharactersMax = 200;

const count = z.int().min(0).max(entriesMax);
const manifestSchema = z.strictObject({
  format: z.literal(1),
  category: z.enum(categories),
  /** Who gave the list, for people. */
  source: z.string().max(sourceCharactersMax),
  importedAt: z.iso.datetime(),
  /** Hours after which the list counts as stale, where that is sooner than the policy says. */
  ageHoursMax: z.number().positive().optional(),
  /** SHA-256 of the file of hashes, which is named after it. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  counts: z.strictObject({ sha256: count, md5: count, pdq: count }),
});
export type ListManifest = z.infer<typeof manifestSchema>;

/** What stays of a list that was removed: a running server learns from it that this was meant. */
const removedSchema = z.strictObject({ format: z.literal(1), removedAt: z.iso.datetime() });

/** Hashes `[count, hashBytes]` and the keys of their entries `[count, idBytes]`, of each kind. */
export type Entries = Readonly<Record<Algorithm, { readonly hashes: Uint8Array; readonly ids: Uint8Array }>>;

/** Of all lists, in the data folder. */
export const listsFolder = "lists";
const manifestFile = "manifest.json";
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Bytes hashed in between two turns of the event loop: about 2 ms. */
const bytesPerTurn = 1 << 20;

/** Throws `Refused` BAD_INPUT for a name that could not be a folder of its own. */
export function checkListName(name: string): void {
  if (namePattern.test(name)) return;
  throw new Refused("BAD_INPUT", `a list is named with 1 to 64 of a-z, 0-9 and dashes, not "${name.slice(0, 80)}"`);
}

/** The names of all lists in a folder, which need not be there; removed ones too. */
export async function listNames(folder: string): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return found
    .filter((entry) => entry.isDirectory() && namePattern.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** What is known of a list without reading its hashes, undefined for a removed one; throws `Failed` when it cannot be read. */
export async function readManifest(folder: string, name: string): Promise<ListManifest | undefined> {
  const file = join(folder, name, manifestFile);
  try {
    const read = z.union([manifestSchema, removedSchema]).parse(JSON.parse(await readFile(file, "utf8")));
    return "removedAt" in read ? undefined : read;
  } catch (cause) {
    throw new Failed("INTERNAL", `hash list "${name}": its manifest cannot be read`, { retryable: false, cause });
  }
}

/** The hashes that a manifest names; throws `Failed` when they are not there, or not those. */
export async function readEntries(folder: string, name: string, manifest: ListManifest): Promise<Entries> {
  const broken = (why: string, cause?: unknown) =>
    new Failed("INTERNAL", `hash list "${name}": ${why}; import it again`, { retryable: false, cause });
  const bytes = await readFile(join(folder, name, fileOf(manifest))).catch((cause) => {
    throw broken("its hashes cannot be read", cause);
  });
  const wanted = algorithms.reduce((sum, one) => sum + manifest.counts[one] * (hashBytes[one] + idBytes), 0);
  if (bytes.length !== wanted) throw broken(`its file has ${bytes.length} bytes instead of ${wanted}`);
  if ((await digestOf(bytes)) !== manifest.digest) throw broken("its file is not the one that was imported");
  let at = 0;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const read = (one: Algorithm) => ({
    hashes: take(manifest.counts[one] * hashBytes[one]),
    ids: take(manifest.counts[one] * idBytes),
  });
  return { sha256: read("sha256"), md5: read("md5"), pdq: read("pdq") };
}

/** Replaces a list as a whole: readers see the one before or this one. */
export async function writeList(
  folder: string,
  name: string,
  entries: Entries,
  about: Pick<ListManifest, "category" | "source" | "importedAt" | "ageHoursMax">,
): Promise<ListManifest> {
  const bytes = Buffer.concat(algorithms.flatMap((one) => [entries[one].hashes, entries[one].ids]));
  const counted = (one: Algorithm) => entries[one].ids.length / idBytes;
  const manifest: ListManifest = {
    format: 1,
    ...about,
    digest: await digestOf(bytes),
    counts: { sha256: counted("sha256"), md5: counted("md5"), pdq: counted("pdq") },
  };
  const own = join(folder, name);
  await mkdir(own, { recursive: true });
  await writeWhole(join(own, fileOf(manifest)), bytes);
  await writeWhole(join(own, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  await removeHashes(own, fileOf(manifest));
  return manifest;
}

/**
 * Removes a list. Throws `Refused` NOT_FOUND where there is none, BAD_INPUT while it is being imported; one that is damaged
 * can be removed too.
 *
 * @param before called once it is certain that there is one; where it fails the list stays
 */
export async function removeList(
  folder: string,
  name: string,
  at: Date,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const missing = new Refused("NOT_FOUND", `there is no hash list "${name.slice(0, 80)}"`);
  if (!(await listNames(folder)).includes(name)) throw missing;
  await exclusively(folder, name, async () => {
    const isRemoved = await readManifest(folder, name).then(
      (manifest) => manifest === undefined,
      () => false,
    );
    if (isRemoved) throw missing;
    await before();
    const removal: z.infer<typeof removedSchema> = { format: 1, removedAt: at.toISOString() };
    await writeWhole(join(folder, name, manifestFile), `${JSON.stringify(removal, null, 2)}\n`);
    await removeHashes(join(folder, name));
  });
}

async function removeHashes(own: string, kept?: string): Promise<void> {
  const left = (await readdir(own)).filter((file) => /\.(bin|partial)$/.test(file));
  for (const file of left) if (file !== kept) await rm(join(own, file), { force: true });
}

function fileOf(manifest: ListManifest): string {
  return `${manifest.digest.slice(0, 16)}.bin`;
}

/** SHA-256 in hex, letting the event loop go on meanwhile. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for await (const [from, to] of inPieces(bytes.length, bytesPerTurn)) hash.update(bytes.subarray(from, to));
  return hash.digest("hex");
}
