import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { Failed, Refused } from "../core/errors.ts";
import { fileUrl } from "../core/file-url.ts";
import { Database } from "./database.ts";
import { reasonOf } from "./faults.ts";
import { PrismaClient } from "./generated/sqlite/client.ts";

type LibSqlClient = ReturnType<PrismaLibSql["createClient"]>;
type OpenTransaction = Awaited<ReturnType<LibSqlClient["transaction"]>>;
type Connection = Awaited<ReturnType<PrismaLibSql["connect"]>>;

/** How long a write waits for another process (a command beside the server). Waiting stops the event loop, so not long. */
const busyTimeoutMs = 5_000;

/**
 * `synchronous` is FULL because NORMAL loses acknowledged rows in a power cut; `fullfsync` is what macOS needs for the same.
 * The log is cut back after bursts.
 */
const pragmas = {
  // First: the next one waits for another process that opens the file at the same moment.
  busy_timeout: { set: String(busyTimeoutMs), reads: busyTimeoutMs },
  journal_mode: { set: "WAL", reads: "wal" },
  synchronous: { set: "FULL", reads: 2 },
  foreign_keys: { set: "ON", reads: 1 },
  fullfsync: { set: "ON", reads: 1 },
  checkpoint_fullfsync: { set: "ON", reads: 1 },
  journal_size_limit: { set: "67108864", reads: 67_108_864 },
} as const;

/** A reader takes part in the log of a writer beside it, and leaves the file as the writer has it. */
const readerPragmas: Partial<typeof pragmas> = { busy_timeout: pragmas.busy_timeout };

/**
 * One connection for everything. The client underneath opens a new one after every transaction, which would be without
 * the settings; and it begins transactions as readers, which fail when they turn to writing behind another process.
 */
class OneConnection extends PrismaLibSql {
  connection: Connection | undefined;
  readonly #pragmas: Partial<typeof pragmas>;

  constructor(file: string, readOnly: boolean) {
    const url = fileUrl(file);
    // The client knows no such parameter of a URL, SQLite does: what is a path to the one is a URL to the other.
    super({ url: readOnly ? `file:${encodeURIComponent(`${url}?mode=ro`)}` : url });
    this.#pragmas = readOnly ? readerPragmas : pragmas;
  }

  override createClient(config: Parameters<PrismaLibSql["createClient"]>[0]): LibSqlClient {
    const client = super.createClient(config);
    client.transaction = async () => {
      await client.execute("BEGIN IMMEDIATE");
      return transactionOn(client);
    };
    return client;
  }

  override async connect(): Promise<Connection> {
    const connection = await super.connect();
    const read = async (sql: string) => (await connection.queryRaw({ sql, args: [], argTypes: [] })).rows[0]?.[0];
    const found: string[] = [];
    for (const [name, { set, reads }] of Object.entries(this.#pragmas)) {
      await connection.queryRaw({ sql: `PRAGMA ${name} = ${set}`, args: [], argTypes: [] });
      const value = await read(`PRAGMA ${name}`);
      if (String(value) !== String(reads)) found.push(`${name} is ${value} and cannot be set to ${set}`);
    }
    if (found.length > 0) throw new Error(`${found.join("; ")}. A database needs a local disk`);
    // The first that reads the file, where nothing was set: one that is no database is found here.
    await read("PRAGMA schema_version");
    this.connection = connection;
    return connection;
  }
}

/** A transaction on the client's own connection. The adapter lets nothing else through until it ends. */
function transactionOn(client: LibSqlClient): OpenTransaction {
  let closed = false;
  const commit = async () => {
    closed = true;
    try {
      await client.execute("COMMIT");
    } catch (error) {
      // Here and not in `rollback`, before which the adapter lets others in. Fails where SQLite has rolled back by itself.
      await client.execute("ROLLBACK").catch(() => {});
      throw error;
    }
  };
  const rollback = async () => {
    if (closed) return;
    closed = true;
    await client.execute("ROLLBACK");
  };
  return {
    execute: (statement: Parameters<OpenTransaction["execute"]>[0]) => client.execute(statement),
    batch: async (statements) => Promise.all(statements.map((statement) => client.execute(statement))),
    executeMultiple: (sql) => client.executeMultiple(sql),
    commit,
    rollback,
    close: () => {},
    get closed() {
      return closed;
    },
  };
}

/**
 * Makes the file and its folder before SQLite would under the umask, and closes one to others that is ours; SQLite's log beside it takes over
 * its mode. Without a pause between opening and closing: a file that is closed loses the locks of a connection to it in
 * this process.
 */
async function makeFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const found = statSync(file);
    const isOpen = found.isFile() && (found.mode & 0o077) !== 0;
    if (isOpen && found.uid === process.getuid?.()) chmodSync(file, found.mode & 0o600);
  }
}

/**
 * Opens the SQLite file that a `file:` URL names; makes the file and its folder when they are missing. Its owner alone may
 * read it. To be only read, it has to be there, and stays as it is.
 */
export async function openSqlite(url: string, readOnly: boolean): Promise<Database> {
  const file = resolve(decodeURIComponent(url.replace(/^file:(\/\/(?=\/))?/, "")));
  if (readOnly && !existsSync(file))
    throw new Refused("BAD_INPUT", `${file}: expected a database file, and there is none`);
  const adapter = new OneConnection(file, readOnly);
  const client = new PrismaClient({ adapter, errorFormat: "minimal" });
  try {
    if (!readOnly) await makeFile(file);
    await client.$connect();
    return new Database("sqlite", client, adapter.connection!);
  } catch (cause) {
    await client.$disconnect().catch(() => {});
    throw new Failed("INTERNAL", `the database ${file} cannot be opened: ${reasonOf(cause)}`, {
      retryable: false,
      cause,
    });
  }
}
