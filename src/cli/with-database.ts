import { readServerEnvironment } from "../config/environment.ts";
import { type Database, type DatabaseOptions, openDatabase } from "../store/database.ts";

/** Works on the server's own database, or on the one of a URL, and closes it whatever happens. */
export async function withDatabase(
  work: (db: Database) => Promise<void>,
  url = readServerEnvironment().databaseUrl,
  options: DatabaseOptions = {},
): Promise<void> {
  await using db = await openDatabase(url, options);
  await work(db);
}
