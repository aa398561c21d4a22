import type { SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { Refused } from "../core/errors.ts";
import { Batches } from "./batches.ts";
import { rethrow } from "./faults.ts";
import type { Prisma, PrismaClient } from "./generated/sqlite/client.ts";
import { migrate } from "./migrate.ts";
import { readRows } from "./query.ts";
import type { Statement } from "./statement.ts";

export type Transaction = Prisma.TransactionClient;
/** What reads take: the database at rest, or a transaction to read in. */
export type Reader = Transaction;
export type DatabaseKind = "sqlite" | "postgresql";

/** A write that waits longer for its turn or its statements fails: the disk or the server is in trouble. */
const writeMsMax = 20_000;

/** An open database of either kind. */
export class Database implements AsyncDisposable {
  readonly kind: DatabaseKind;
  /** For reading, and for writes of one statement. */
  readonly client: PrismaClient;
  readonly #connection: SqlDriverAdapter;
  readonly #batches: Batches;

  constructor(kind: DatabaseKind, client: PrismaClient, connection: SqlDriverAdapter) {
    this.kind = kind;
    this.client = client;
    this.#connection = connection;
    this.#batches = new Batches(connection);
  }

  /**
   * Runs `work` in one transaction: all of it is on disk when the promise resolves, or none of it ever. It works on what it
   * is given and nothing else, because SQLite's one connection is taken until it ends.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.client.$transaction(work, { maxWait: writeMsMax, timeout: writeMsMax }).catch(rethrow);
  }

  /**
   * The same for statements that need no answers, in a fraction of the time. When one of them misses the rows it has to
   * change, nothing is changed and the answer is false.
   */
  batch(statements: readonly Statement[]): Promise<boolean> {
    return this.#batches.run(statements).catch(rethrow);
  }

  /** The rows of a query that goes beneath the client, which takes as long again to hand them on. */
  rows<Row>(statement: Statement): Promise<Row[]> {
    return readRows<Row>(this.#connection, statement).catch(rethrow);
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await this.client.$queryRawUnsafe("SELECT 1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.$disconnect();
  }
}

export interface DatabaseOptions {
  /** Connections to a PostgreSQL server at most; SQLite has one. */
  readonly connections?: number;
  /** False leaves the tables as they are. */
  readonly migrate?: boolean;
  /** For looking at a copy: tables are left as they are, an SQLite file has to be there, and nothing is written to it. */
  readonly readOnly?: boolean;
}

/**
 * Opens `file:<path>` or `postgresql://…` and brings its tables up to date; several processes may do so at once.
 * Throws `Refused` BAD_INPUT for another URL and where a file to be read is not there, `Failed` when it cannot be opened or
 * was migrated by a newer program.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const database = await connect(url, options);
  try {
    if (options.migrate !== false && !options.readOnly) await migrate(database);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

async function connect(url: string, { connections = 10, readOnly = false }: DatabaseOptions): Promise<Database> {
  // Each client brings a query compiler of 2 MB: only the one that is used is loaded.
  if (/^file:./.test(url)) return (await import("./sqlite.ts")).openSqlite(url, readOnly);
  if (/^postgres(ql)?:\/\//.test(url)) return (await import("./postgresql.ts")).openPostgresql(url, connections);
  throw new Refused("BAD_INPUT", "DATABASE_URL: expected file:<path> or postgresql://<user>@<host>/<database>");
}
