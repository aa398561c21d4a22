import { open, rename } from "node:fs/promises";

/** Writes beside the file, syncs, renames: a reader sees the old file or the new one, never half of it. */
export async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const partial = `${file}.partial`;
  const handle = await open(partial, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}
