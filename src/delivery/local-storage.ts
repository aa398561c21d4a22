import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { Failed } from "../core/errors.ts";
import { randomSecret } from "../core/random.ts";
import { type ByteRange, checkKey, digestOf, type Storage, type StoredBytes } from "./storage.ts";

/** Only the server's own user may read what people upload. */
const fileMode = 0o600;
const folderMode = 0o700;

/**
 * Files in a folder: `ab/cd/abcd…` by the first four digits of the digest, so that no folder grows large. A file is
 * written under `partial/`, synced, and renamed to its name, so a name always leads to whole bytes. One server owns the
 * folder (`ownFolder`): what lies in `partial/` when it starts was left by a crash. A note of `begin` is an empty file
 * under `begun/`, not synced: what a power cut loses of it leaves a file too many, and none too few.
 */
export class LocalStorage implements Storage {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder, makes it where it is missing, and removes what a crash left half written. */
  static async open(root: string): Promise<LocalStorage> {
    await mkdir(root, { recursive: true, mode: folderMode });
    await rm(join(root, "partial"), { recursive: true, force: true });
    await mkdir(join(root, "partial"), { mode: folderMode });
    await mkdir(join(root, "begun"), { recursive: true, mode: folderMode });
    return new LocalStorage(root);
  }

  /** For reading in the folder of a server that may run: touches nothing of it. */
  static beside(root: string): LocalStorage {
    return new LocalStorage(root);
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    await this.#write(digest, bytes);
    return digest;
  }

  async putDerived(key: string, bytes: Uint8Array): Promise<void> {
    await this.#write(checkKey(key), bytes);
  }

  async trimDerived(digest: string, bytesMax: number, newest: number): Promise<void> {
    const folder = dirname(this.#path(digest));
    const names = await namesIn(folder, (name) => name.startsWith(`${digest}.`));
    const files = await Promise.all(
      names.map(async (name) => ({ name, ...(await orAbsent(stat(join(folder, name)))) })),
    );
    let bytes = 0;
    const youngestFirst = files.sort((a, b) => (b.mtimeMs ?? 0) - (a.mtimeMs ?? 0));
    for (const [index, { name, size = 0 }] of youngestFirst.entries()) {
      bytes += size;
      if (bytes > bytesMax && index >= newest) await rm(join(folder, name), { force: true });
    }
  }

  async stat(key: string): Promise<{ byteLength: number } | undefined> {
    const found = await orAbsent(stat(this.#path(key)));
    return found && { byteLength: found.size };
  }

  async read(key: string, range?: ByteRange): Promise<StoredBytes | undefined> {
    const handle = await orAbsent(open(this.#path(key), "r"));
    if (handle === undefined) return undefined;
    try {
      // The size comes from the open file: what is deleted and made anew between two calls cannot be mixed.
      const { size } = await handle.stat();
      const { first, last } = range ?? { first: 0, last: size - 1 };
      if (last >= first) return { byteLength: size, stream: handle.createReadStream({ start: first, end: last }) };
      await handle.close();
      return { byteLength: size, stream: Readable.from([]) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async begin(digest: string): Promise<void> {
    const path = this.#notePath(digest);
    try {
      await writeFile(path, "", { mode: fileMode });
    } catch (error) {
      throw notStored(error);
    }
  }

  async end(digest: string): Promise<void> {
    await rm(this.#notePath(digest), { force: true });
  }

  begun(): Promise<string[]> {
    return readdir(join(this.#root, "begun"));
  }

  /**
   * The original goes last: as long as it is there, a start finds what a crash has left. Then once more what was made of it
   * meanwhile; whoever makes something later than that finds no original.
   */
  async delete(key: string): Promise<void> {
    const folder = dirname(this.#path(key));
    const made = () => namesIn(folder, (name) => name.startsWith(`${key}.`));
    const isThere = (await this.stat(key)) !== undefined;
    const doomed = [...(await made()), ...(isThere ? [key] : [])];
    for (const name of doomed) await rm(join(folder, name), { force: true });
    for (const name of await made()) await rm(join(folder, name), { force: true });
    if (doomed.length > 0) await syncFolder(folder);
  }

  /** The disk syncs the bytes and the folders that will hold them at once; the name comes when all of that has happened. */
  async #write(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const folder = dirname(path);
    const partial = join(this.#root, "partial", randomSecret(12));
    try {
      const isThere = (await orAbsent(stat(path)))?.size === bytes.length;
      // All of it has ended before what a failure leaves is removed.
      const written = await Promise.allSettled([this.#makeFolder(folder), !isThere && writeSynced(partial, bytes)]);
      for (const one of written) if (one.status === "rejected") throw one.reason;
      if (!isThere) await rename(partial, path);
      // Also for a file that was there: who put it may not have come to this line yet.
      await syncFolder(folder);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      throw notStored(error);
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: folderMode });
    if (first !== undefined) await Promise.all([syncFolder(dirname(folder)), syncFolder(this.#root)]);
  }

  #notePath(digest: string): string {
    return join(this.#root, "begun", checkKey(digest));
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, key.slice(0, 2), key.slice(2, 4), key);
  }
}

function notStored(cause: unknown): Failed {
  return new Failed("INTERNAL", "the image could not be stored", { retryable: true, cause });
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx", fileMode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A new name in a folder survives a power cut only once the folder itself is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  return ((await orAbsent(readdir(folder))) ?? []).filter(wanted);
}

async function orAbsent<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
