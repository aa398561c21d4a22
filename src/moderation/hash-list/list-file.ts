import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { nextTurn } from "../../core/clock.ts";
import { Failed, Refused } from "../../core/errors.ts";
import { categories } from "../../core/moderation.ts";
import { writeWhole } from "../../core/write-whole.ts";

/** The hashes that a list may hold, in the order of its file, with their bytes. */
export const algorithms = ["sha256", "md5", "pdq"] as const;
export type Algorithm = (typeof algorithms)[number];
export const hashBytes: Readonly<Record<Algorithm, number>> = { sha256: 32, md5: 16, pdq: 32 };

/** Bytes of an entry's key: the start of SHA-256 of its id at the source, zeros where it has none. */
export const idBytes = 8;

/** Entries of one kind in one list. At 100 bytes each this is 400 MB of memory, the most that a server may spend on it. */
export const entriesMax = 4_000_000;

const count = z.int().min(0).max(entriesMax);
const manifestSchema = z.strictObject({
  format: z.literal(1),
  category: z.enum(categories),
  /** Who gave the list, for people. */
  source: z.string().max(200),
  importedAt: z.iso.datetime(),
  /** Hours after which the list counts as stale, where that is sooner than the policy says. */
  ageHoursMax: z.number().positive().optional(),
  /** SHA-256 of the file of hashes, which is named after it. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  counts: z.strictObject({ sha256: count, md5: count, pdq: count }),
});
export type ListManifest = z.infer<typeof manifestSchema>;

/** Hashes `[count, hashBytes]` and the keys of their entries `[count, idBytes]`, of each kind. */
export type Entries = Readonly<Record<Algorithm, { readonly hashes: Uint8Array; readonly ids: Uint8Array }>>;

const manifestFile = "manifest.json";
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Bytes hashed in between two turns of the event loop: about 2 ms. */
const bytesPerTurn = 1 << 20;

/** Throws `Refused` BAD_INPUT for a name that could not be a folder of its own. */
export function checkListName(name: string): void {
  if (namePattern.test(name)) return;
  throw new Refused("BAD_INPUT", `a list is named with 1 to 64 of a-z, 0-9 and dashes, not "${name.slice(0, 80)}"`);
}

/** The names of all lists in a folder, which need not be there. */
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

/** What is known of a list without reading its hashes; throws `Failed` when that cannot be read. */
export async function readManifest(folder: string, name: string): Promise<ListManifest> {
  const file = join(folder, name, manifestFile);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, "utf8")));
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
  await mkdir(join(folder, name), { recursive: true });
  await writeWhole(join(folder, name, fileOf(manifest)), bytes);
  await writeWhole(join(folder, name, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  const left = (await readdir(join(folder, name))).filter((file) => /\.(bin|partial)$/.test(file));
  for (const file of left) if (file !== fileOf(manifest)) await rm(join(folder, name, file), { force: true });
  return manifest;
}

function fileOf(manifest: ListManifest): string {
  return `${manifest.digest.slice(0, 16)}.bin`;
}

/** SHA-256 in hex, letting the event loop go on meanwhile. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += bytesPerTurn) {
    if (at > 0) await nextTurn();
    hash.update(bytes.subarray(at, at + bytesPerTurn));
  }
  return hash.digest("hex");
}
