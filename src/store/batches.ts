import type { SqlDriverAdapter, Transaction } from "@prisma/driver-adapter-utils";
import { query } from "./query.ts";
import type { Statement } from "./statement.ts";

interface Batch {
  readonly statements: readonly Statement[];
  readonly resolve: () => void;
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

  /** Resolves to true when all statements are on disk; to false, and to no change at all, when one misses its rows. */
  run(statements: readonly Statement[]): Promise<boolean> {
    const ran = this.#oneWriter ? this.#join(statements) : this.#transaction((tx) => runStatements(tx, statements));
    return ran.then(
      () => true,
      (error: unknown) => {
        if (error instanceof Missed) return false;
        throw error;
      },
    );
  }

  #join(statements: readonly Statement[]): Promise<void> {
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
    const send = (sql: "COMMIT" | "ROLLBACK") => (tx.options.usePhantomQuery ? undefined : tx.executeRaw(query(sql)));
    try {
      const result = await work(tx);
      await send("COMMIT");
      await tx.commit();
      return result;
    } catch (error) {
      // A connection that died takes no statement, and has to be given back all the same.
      await send("ROLLBACK")?.catch(() => {});
      await tx.rollback().catch(() => {});
      throw error;
    }
  }
}

/** Runs batches in one transaction, of which one may fail alone; returns what to tell each when all is on disk. */
async function runApart(tx: Transaction, batches: readonly Batch[]): Promise<(() => void)[]> {
  const settle: (() => void)[] = [];
  const [first, ...others] = batches;
  if (first !== undefined && others.length === 0) {
    // The usual case needs no savepoint: what fails is the whole transaction.
    await runStatements(tx, first.statements);
    return [first.resolve];
  }
  for (const { statements, resolve, reject } of batches) {
    await tx.executeRaw(query("SAVEPOINT batch"));
    try {
      await runStatements(tx, statements);
      settle.push(resolve);
    } catch (error) {
      // Fails itself when the database has given up the whole transaction, as on a full disk: then all batches fail.
      await tx.executeRaw(query("ROLLBACK TO batch"));
      settle.push(() => reject(error));
    }
    await tx.executeRaw(query("RELEASE batch"));
  }
  return settle;
}

/** Throws `Missed` when a statement misses its rows, so that what came before it is undone. */
async function runStatements(tx: Transaction, statements: readonly Statement[]): Promise<void> {
  for (const { sql, values, rows } of statements) {
    const changed = await tx.executeRaw(query(sql, values));
    if (rows !== undefined && changed !== rows) throw new Missed();
  }
}

class Missed extends Error {}
