import type { Database } from "../../src/store/database.ts";

/** Does something once, in the instant before statements are stored that hold a value, such as the status an edit moves to. */
export function justBefore(db: Database, value: string, work: () => unknown): void {
  const batch = db.batch.bind(db);
  db.batch = async (statements) => {
    if (statements.some(({ values }) => values.includes(value))) {
      db.batch = batch;
      await work();
    }
    return batch(statements);
  };
}
