import { Refused } from "../core/errors.ts";
import type { Prisma, PrismaClient } from "./generated/sqlite/client.ts";
import { migrate } from "./migrate.ts";

export type Transaction = Prisma.TransactionClient;
/** What reads take: the database at rest, or a transaction to read in. */
export type Reader = Transaction;

/**
 * An open database. Both kinds have one type: the generated clients differ only in what PostgreSQL can do beyond SQLite,
 * which nothing here uses.
 */
export class Database implements AsyncDisposable {
  readonly kind: DatabaseKind;
  /** For reading, and for writes of one statement. */
  readonly client: PrismaClient;

  constructor(kind: DatabaseKind, client: PrismaClient) {
    this.kind = kind;
    this.client = client;
  }

  /** Runs `work` in one transaction: all of it is on disk when the promise resolves, or none of it ever. */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.client.$transaction(work, { maxWait: writeWaitMsMax, timeout: writeMsMax });
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await this.client.$queryRawUnsafe("SELECT 1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.$disconnect();
  }
}

export type DatabaseKind = "sqlite" | "postgresql";

/** A write that waits longer for its turn or its statements fails: the disk or the server is in trouble. */
const writeWaitMsMax = 20_000;
const writeMsMax = 20_000;

export interface DatabaseOptions {
  /** Connections to a PostgreSQL server at most; SQLite has one. */
  readonly connections?: number;
}

/**
 * Opens `file:<path>` or `postgresql://…` and brings its tables up to date; several processes may do so at once.
 * Throws `Refused` BAD_INPUT for another URL, `Failed` when it cannot be opened or was migrated by a newer program.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const database = await connect(url, options);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

async function connect(url: string, options: DatabaseOptions): Promise<Database> {
  // Each client brings a query compiler of 2 MB: only the one that is used is loaded.
  if (/^file:./.test(url)) {
    const { openSqlite } = await import("./sqlite.ts");
    return new Database("sqlite", await openSqlite(url));
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgresql } = await import("./postgresql.ts");
    const client = await openPostgresql(url, options.connections ?? 10);
    return new Database("postgresql", client as unknown as PrismaClient);
  }
  throw new Refused("BAD_INPUT", "DATABASE_URL: expected file:<path> or postgresql://<user>@<host>/<database>");
}
