import { chmod, mkdir, stat } from "node:fs/promises";

/** Write and search for everybody, but nobody may remove others' files: /tmp and its like. */
const sticky = 0o1000;

/**
 * Makes a folder that its owner alone can enter. One that is there already is closed to others too, unless it is another
 * user's or is meant to be shared.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  if ((mode & 0o077) === 0 || (mode & sticky) !== 0 || uid !== process.getuid?.()) return;
  await chmod(folder, mode & 0o700);
}
