import type { SqlDriverAdapter, Transaction } from "@prisma/driver-adapter-utils";
import type { Statement, Value } from "./statement.ts";

interface Batch {
  readonly statements: readonly Statement[];
  readonly resolve: (done: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Batches that share a transaction at most: it ends within some tens of milliseconds. */
const mergedMax = 64;

/**
 * Runs batches of statements, each of them whole or not at all, on the connection under the client. Where the database has
 * one writer, batches that wait for it share a transaction and so a sync of the disk; PostgreSQL does so by itself.
 */
export class Batches {
  readonly #connection: SqlDriverAdapter;
  readonly #waiting: Batch[] = [];
  readonly #oneWriter: boolean;
  #busy = false;

  constructor(connection: SqlDriverAdapter) {
    this.#connection = connection;
    this.#oneWriter = connection.provider === "sqlite";
  }

  /**
   * Resolves when all statements are on disk. When the first one changes no row the others are not run, nothing is changed
   * and the answer is false.
   */
  run(statements: readonly Statement[]): Promise<boolean> {
    if (!this.#oneWriter) return this.#transaction((tx) => runStatements(tx, statements));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statements, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      // Taken when the connection is free and not before: whoever arrives meanwhile comes along.
      let taken: Batch[] = [];
      try {
        const settle = await this.#transaction((tx) => {
          taken = this.#waiting.splice(0, mergedMax);
          return runApart(tx, taken);
        });
        for (const tell of settle) tell();
      } catch (error) {
        if (taken.length === 0) taken = this.#waiting.splice(0);
        for (const { reject } of taken) reject(error);
      }
    }
    this.#busy = false;
  }

  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const tx = await this.#connection.startTransaction();
    const end = async (sql: "COMMIT" | "ROLLBACK") => {
      if (!tx.options.usePhantomQuery) await tx.executeRaw(query(sql));
      await (sql === "COMMIT" ? tx.commit() : tx.rollback());
    };
    try {
      const result = await work(tx);
      await end("COMMIT");
      return result;
    } catch (error) {
      await end("ROLLBACK").catch(() => {});
      throw error;
    }
  }
}

/** Runs batches in one transaction, of which one may fail alone; returns what to tell each when all is on disk. */
async function runApart(tx: Transaction, batches: readonly Batch[]): Promise<(() => void)[]> {
  const settle: (() => void)[] = [];
  for (const { statements, resolve, reject } of batches) {
    await tx.executeRaw(query("SAVEPOINT batch"));
    try {
      const done = await runStatements(tx, statements);
      settle.push(() => resolve(done));
    } catch (error) {
      // Fails itself when the database has given up the whole transaction, as on a full disk: then all batches fail.
      await tx.executeRaw(query("ROLLBACK TO batch"));
      settle.push(() => reject(error));
    }
    await tx.executeRaw(query("RELEASE batch"));
  }
  return settle;
}

async function runStatements(tx: Transaction, [first, ...others]: readonly Statement[]): Promise<boolean> {
  if (first === undefined) return true;
  if ((await tx.executeRaw(query(first.sql, first.values))) === 0) return false;
  for (const { sql, values } of others) await tx.executeRaw(query(sql, values));
  return true;
}

function query(sql: string, values: readonly Value[] = []) {
  return { sql, args: [...values], argTypes: values.map(() => ({ scalarType: "unknown", arity: "scalar" }) as const) };
}
