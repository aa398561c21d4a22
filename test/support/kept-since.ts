import { utimes } from "node:fs/promises";
import { join } from "node:path";

/** Makes what a local storage keeps under a key as old as if it had been written so many seconds after 1970 began. */
export async function keptSince(folder: string, key: string, seconds: number): Promise<void> {
  await utimes(join(folder, key.slice(0, 2), key.slice(2, 4), key), seconds, seconds);
}
