import { PrismaPg } from "@prisma/adapter-pg";
import { Failed } from "../core/errors.ts";
import { PrismaClient } from "./generated/postgresql/client.ts";

/** Settings of the server under which a commit that was acknowledged may be lost. */
const unsafe = { synchronous_commit: "off", fsync: "off" } as const;

/** A client of a PostgreSQL database with at most `connections` connections; checks that commits are durable there. */
export async function openPostgresql(url: string, connections: number): Promise<PrismaClient> {
  const adapter = new PrismaPg({ connectionString: url, max: connections, connectionTimeoutMillis: 10_000 });
  const client = new PrismaClient({ adapter, errorFormat: "minimal" });
  try {
    for (const [name, off] of Object.entries(unsafe)) {
      const rows = await client.$queryRawUnsafe<{ value: string }[]>("SELECT current_setting($1) AS value", name);
      if (rows[0]?.value === off) throw new Error(`its setting ${name} is off, so what it confirms could be lost`);
    }
    return client;
  } catch (cause) {
    await client.$disconnect().catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failed("INTERNAL", `the database ${withoutPassword(url)} cannot be opened: ${reason}`, {
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
