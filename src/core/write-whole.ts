import { open, rename } from "node:fs/promises";

/**
 * Writes beside the file, syncs, renames: a reader sees the old file or the new one, never half of it.
 *
 * @param mode who may read and write it, before a byte is in it; what the umask leaves when it is left out
 */
export async function writeWhole(file: string, content: Uint8Array | string, mode?: number): Promise<void> {
  const partial = `${file}.partial`;
  const handle = await open(partial, "w", mode);
  try {
    // One that a crash left has the mode that it had.
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}
