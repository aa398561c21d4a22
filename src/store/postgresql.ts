import { PrismaPg } from "@prisma/adapter-pg";
import { Failed } from "../core/errors.ts";
import { Database } from "./database.ts";
import { reasonOf } from "./faults.ts";
import { PrismaClient } from "./generated/postgresql/client.ts";
import type { PrismaClient as SqliteClient } from "./generated/sqlite/client.ts";

/** Nothing waits for ever: not for a server that is away, nor for a lock that somebody forgot. */
const limits = {
  connectionTimeoutMillis: 10_000,
  statement_timeout: 20_000,
  idle_in_transaction_session_timeout: 20_000,
  keepAlive: true,
} as const;

/** Settings of the server under which a commit that was acknowledged may be lost. */
const unsafe = { synchronous_commit: "off", fsync: "off" } as const;

/** Keeps hold of the connections, for what goes beneath the client. */
class HeldPool extends PrismaPg {
  pool: Awaited<ReturnType<PrismaPg["connect"]>> | undefined;

  override async connect() {
    this.pool = await super.connect();
    return this.pool;
  }
}

/** Opens a PostgreSQL database with at most `connections` connections; checks that commits are durable there. */
export async function openPostgresql(url: string, connections: number): Promise<Database> {
  const adapter = new HeldPool({ connectionString: url, max: connections, ...limits });
  const client = new PrismaClient({ adapter, errorFormat: "minimal" });
  try {
    for (const [name, off] of Object.entries(unsafe)) {
      const rows = await client.$queryRawUnsafe<{ value: string }[]>("SELECT current_setting($1) AS value", name);
      if (rows[0]?.value === off) throw new Error(`its setting ${name} is off, so what it confirms could be lost`);
    }
    // The generated clients differ only in what PostgreSQL can do beyond SQLite, which nothing here uses.
    return new Database("postgresql", client as unknown as SqliteClient, adapter.pool!);
  } catch (cause) {
    await client.$disconnect().catch(() => {});
    throw new Failed("INTERNAL", `the database ${withoutPassword(url)} cannot be opened: ${reasonOf(cause)}`, {
      retryable: false,
      cause,
    });
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return "of DATABASE_URL";
  const { host, pathname } = new URL(url);
  return `${pathname.slice(1)} on ${host}`;
}
