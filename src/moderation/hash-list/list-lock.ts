import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { Refused } from "../../core/errors.ts";
import { randomSalt } from "../../core/random.ts";

/** `<list>.<host>.<process id>.<random>.lock`; names of lists have no dots. */
const lockName = /^([a-z0-9-]+)\.(.+)\.(\d+)\.([0-9a-f]{32})\.lock$/;

/** Locks of this process: another with its number was left by an earlier life. */
const own = new Set<string>();

/**
 * Runs work that changes a list while no other process, or other work of this one, changes the same list. Everybody puts a
 * file of their own beside the lists and then looks for others, so of two at least one sees the other; what a process left
 * that runs no more counts for nothing.
 *
 * @throws Refused BAD_INPUT, with a time to retry, where another is at work
 */
export async function exclusively<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const lock = `${name}.${hostname()}.${process.pid}.${randomSalt()}.lock`;
  own.add(lock);
  try {
    await writeFile(join(folder, lock), "", { flag: "wx" });
    for (const file of await readdir(folder)) {
      if (file !== lock && lockName.exec(file)?.[1] === name) await refuseIfHeld(folder, file, name);
    }
    return await work();
  } finally {
    await rm(join(folder, lock), { force: true });
    own.delete(lock);
  }
}

async function refuseIfHeld(folder: string, file: string, name: string): Promise<void> {
  const [, , host, id] = lockName.exec(file)!;
  const here = host === hostname();
  if (here && !isHeld(file, Number(id))) return rm(join(folder, file), { force: true });
  const remedy = here ? "" : `; if nothing runs on ${host} any more, delete ${join(folder, file)}`;
  throw new Refused(
    "BAD_INPUT",
    `the list "${name}" is being changed by another import (process ${id} on ${host}); try again when it has ended${remedy}`,
    [],
    retryMs,
  );
}

/** A large import takes some seconds. */
const retryMs = 5_000;

function isHeld(file: string, id: number): boolean {
  if (id === process.pid) return own.has(file);
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // There, but of another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
