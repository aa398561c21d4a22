import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { Failed } from "../core/errors.ts";
import { fileUrl } from "../core/file-url.ts";
import { isPassing, reasonOf } from "./faults.ts";
import { query } from "./query.ts";

/**
 * Makes this process the one that owns a data folder, until it lets go or ends. The lock is SQLite's, on a file of its own:
 * the system takes it back with the process, however that ends, and nothing is read out of process ids, which repeat after
 * a restart of the machine or in a container.
 *
 * @throws Failed where another has it, which may pass; where nothing can be written there, or the folder takes no locks
 */
export async function ownFolder(folder: string): Promise<AsyncDisposable> {
  const file = join(folder, "server.lock");
  const owner = join(folder, "server.pid");
  let connection: Awaited<ReturnType<PrismaLibSql["connect"]>> | undefined;
  try {
    connection = await new PrismaLibSql({ url: fileUrl(file) }).connect();
    await connection.executeRaw(query("BEGIN IMMEDIATE"));
    await writeFile(owner, `process ${process.pid} on ${hostname()}`, { mode: 0o600 });
  } catch (cause) {
    await connection?.dispose();
    if (!isPassing(cause)) {
      const needed = `the data folder ${folder} must be this user's to write in, and take locks`;
      const message = `${needed}: ${file} cannot be opened and locked (${reasonOf(cause)})`;
      throw new Failed("INTERNAL", message, { retryable: false, cause });
    }
    const who = await readFile(owner, "utf8").catch(() => "a process that has just begun");
    const remedy = "stop it first, or choose another folder with PENTIMENTO_DATA";
    const message = `another server (${who}) runs on the data folder ${folder}: ${remedy}`;
    throw new Failed("INTERNAL", message, { retryable: true });
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await connection.executeRaw(query("ROLLBACK"));
      await connection.dispose();
    },
  };
}
