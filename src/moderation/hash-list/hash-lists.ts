import { hourMs, nextTurn } from "../../core/clock.ts";
import { Failed } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { inTurn } from "../../core/in-turn.ts";
import { type Category, isUnadjustable } from "../../core/moderation.ts";
import type { Content, Filter, Finding, ImageContent } from "../filter.ts";
import { type BeforeImport, type ImportReport, importList, type ListImport } from "./import-list.ts";
import { KeyTable } from "./key-table.ts";
import { hashBytes, type ListManifest, listNames, readEntries, readManifest } from "./list-file.ts";
import { type Pdq, pdqBytes, pdqOf, pdqQualityMin } from "./pdq.ts";
import { PdqIndex } from "./pdq-index.ts";

/** A list in memory. */
interface LoadedList {
  readonly manifest: ListManifest;
  readonly sha256: KeyTable;
  readonly md5: KeyTable;
  readonly pdq: PdqIndex;
}

type NamedLists = readonly (readonly [name: string, list: LoadedList])[];

/** How a list stands, for those who look after it. */
export interface ListStatus {
  readonly name: string;
  readonly manifest?: ListManifest;
  /** Why pictures are held because of this list; undefined when it is in order. */
  readonly trouble?: string;
}

export interface HashListOptions {
  /** Holds a folder for each list; need not be there yet. */
  readonly folder: string;
  /** Lists without which pictures are held for a person. */
  readonly required: readonly string[];
  /** Hours after which a list that was not imported again counts as stale. */
  readonly ageHoursMax: number;
  /** Hashes pictures elsewhere; on this thread, by `pdqOf`, when left out. */
  readonly pdq?: (image: RgbImage) => Promise<Pdq>;
}

/** A list "imported" later than this after now was imported under a wrong clock, and would never get stale. */
const clockErrorMs = hourMs;

/**
 * Lists of known pictures, matched by SHA-256 and MD5 of the file and by PDQ of the pixels, in all eight ways to mirror
 * and turn them. One filter over all lists. Lists are replaced as a whole: a check sees the one before or the one after.
 */
export class HashLists implements Filter {
  readonly name = "hash-lists";
  readonly kind = "hash-list";
  readonly stages = ["SOURCE", "OUTPUT"] as const;
  readonly remote = false;
  /** Long, because a picture may wait for others that are marked or hashed. */
  readonly timeoutMs = 60_000;
  readonly #options: HashListOptions;
  #lists: ReadonlyMap<string, LoadedList> = new Map();
  /** Lists that are there and could not be loaded. */
  #broken: ReadonlyMap<string, string> = new Map();
  readonly #inTurn = inTurn();

  private constructor(options: HashListOptions) {
    this.#options = options;
  }

  /** Loads every list there is. One that cannot be read does not stop the start: it holds every picture. */
  static async open(options: HashListOptions): Promise<HashLists> {
    const lists = new HashLists(options);
    await lists.reload();
    return lists;
  }

  /** Names and digests of all lists, so that a verdict says what it was based on. */
  get version(): string {
    const lists = [...this.#lists].map(([name, { manifest }]) => `${name}@${manifest.digest.slice(0, 12)}`);
    return lists.join(",") || "none";
  }

  status(now: Date): readonly ListStatus[] {
    const names = new Set([...this.#options.required, ...this.#lists.keys(), ...this.#broken.keys()]);
    return [...names].sort().map((name) => {
      const manifest = this.#lists.get(name)?.manifest;
      const trouble = this.#troubleOf(name, now);
      return { name, ...(manifest === undefined ? {} : { manifest }), ...(trouble === undefined ? {} : { trouble }) };
    });
  }

  hold(now: Date): string | undefined {
    const troubles = this.status(now).flatMap(({ trouble }) => trouble ?? []);
    return troubles.length === 0 ? undefined : troubles.join("; ");
  }

  isComplete(): boolean {
    return this.#broken.size === 0 && this.#options.required.every((name) => this.#lists.has(name));
  }

  /** Imports a list, see `importList`, and has it in force when done. */
  import(given: ListImport, at: Date, before?: BeforeImport): Promise<ImportReport> {
    return this.#inTurn(async () => {
      const report = await importList(this.#options.folder, given, at, before);
      await this.#reload();
      return report;
    });
  }

  /** Takes up what has changed in the folder since. Cheap when nothing has. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#reload());
  }

  async check(content: Content, signal: AbortSignal): Promise<readonly Finding[]> {
    if (content.stage === "PROMPT" || this.#lists.size === 0) return [];
    const lists = [...this.#lists];
    const exact = exactFindings(lists, content);
    // Nothing graver can be found, and hashing may come too late.
    if (exact.some(({ category }) => category === "CSAM")) return exact;
    try {
      return [...exact, ...(await this.#nearFindings(lists, content, signal))];
    } catch (error) {
      // What is refused as a file stays so, whether or not its pixels can be hashed.
      if (exact.some(({ category }) => isUnadjustable(category))) return exact;
      throw error;
    }
  }

  async #nearFindings(lists: NamedLists, { image }: ImageContent, signal: AbortSignal): Promise<Finding[]> {
    const { pdq: hashed = pdqOf } = this.#options;
    if (lists.every(([, list]) => list.pdq.count === 0)) return [];
    const pdq = checked(await hashed(image));
    const findings: Finding[] = [];
    for (const [name, { manifest, pdq: index }] of lists) {
      signal.throwIfAborted();
      const bits = await nearest(index, pdq);
      if (bits !== undefined) findings.push(finding(manifest.category, name, `PDQ, ${bits} bits`));
    }
    return findings;
  }

  #troubleOf(name: string, now: Date): string | undefined {
    const broken = this.#broken.get(name);
    if (broken !== undefined) return broken;
    const manifest = this.#lists.get(name)?.manifest;
    if (manifest === undefined) return `hash list "${name}" has not been imported`;
    const ageMs = now.getTime() - Date.parse(manifest.importedAt);
    const hoursMax = Math.min(this.#options.ageHoursMax, manifest.ageHoursMax ?? Number.POSITIVE_INFINITY);
    if (ageMs < -clockErrorMs) return `hash list "${name}" was imported in the future (${manifest.importedAt})`;
    if (ageMs <= hoursMax * hourMs) return undefined;
    return `hash list "${name}" was imported ${Math.floor(ageMs / hourMs)} hours ago; after ${hoursMax} it is stale`;
  }

  async #reload(): Promise<void> {
    const { folder } = this.#options;
    const lists = new Map<string, LoadedList>();
    const broken = new Map<string, string>();
    const removed = new Set<string>();
    for (const name of await listNames(folder)) {
      const before = this.#lists.get(name);
      try {
        const manifest = await readManifest(folder, name);
        if (manifest === undefined) {
          removed.add(name);
          continue;
        }
        const same = before?.manifest.digest === manifest.digest;
        lists.set(name, same ? { ...before, manifest } : await load(folder, name, manifest));
      } catch (error) {
        broken.set(name, (error as Error).message);
        // What it knew is still known, although it cannot be said to be all.
        if (before !== undefined) lists.set(name, before);
      }
    }
    // A list whose folder is gone stays in force until the next start: deleting a folder is no way to allow pictures.
    for (const [name, list] of this.#lists) {
      if (lists.has(name) || removed.has(name)) continue;
      lists.set(name, list);
      broken.set(name, `hash list "${name}": its folder is gone`);
    }
    this.#lists = lists;
    this.#broken = broken;
  }
}

/** What is known of the file as it was sent; nothing where there are only pixels. */
function exactFindings(lists: NamedLists, { file }: ImageContent): Finding[] {
  if (file === undefined) return [];
  const [sha256, md5] = [Buffer.from(file.sha256, "hex"), Buffer.from(file.md5, "hex")];
  return lists.flatMap(([name, list]) => {
    const found = (how: string) => finding(list.manifest.category, name, how);
    return [...(list.sha256.has(sha256) ? [found("SHA-256")] : []), ...(list.md5.has(md5) ? [found("MD5")] : [])];
  });
}

function finding(category: Category, name: string, how: string): Finding {
  return { category, score: 1, note: `list ${name}: ${how}` };
}

async function load(folder: string, name: string, manifest: ListManifest): Promise<LoadedList> {
  const entries = await readEntries(folder, name, manifest);
  return {
    manifest,
    sha256: await tableOf(entries.sha256.hashes, hashBytes.sha256),
    md5: await tableOf(entries.md5.hashes, hashBytes.md5),
    pdq: await PdqIndex.build(entries.pdq.hashes),
  };
}

/** Hashes put into a table between two turns of the event loop: about 4 ms. */
const hashesPerTurn = 4096;

async function tableOf(hashes: Uint8Array, width: number): Promise<KeyTable> {
  const table = new KeyTable(width, hashes.length / width);
  for (let at = 0; at < hashes.length; at += width) {
    if ((at / width) % hashesPerTurn === 0) await nextTurn();
    table.add(hashes.subarray(at, at + width));
  }
  return table;
}

/** Throws `Failed` for an answer that would match nothing whatever the picture. */
function checked(pdq: Pdq): Pdq {
  if (pdq?.hash?.length === pdqBytes && pdq.quality >= 0 && pdq.quality <= 100) return pdq;
  throw new Failed("INTERNAL", "the picture was not hashed", { retryable: true });
}

/** Bits to the nearest hash, over all layings of a picture; a turn of the event loop between them. */
async function nearest(index: PdqIndex, { hash, turned, quality }: Pdq): Promise<number | undefined> {
  if (quality < pdqQualityMin || index.count === 0) return undefined;
  let best: number | undefined;
  for (const laid of [hash, ...turned]) {
    await nextTurn();
    best = Math.min(best ?? Number.POSITIVE_INFINITY, index.nearest(laid) ?? Number.POSITIVE_INFINITY);
  }
  return best === Number.POSITIVE_INFINITY ? undefined : best;
}
