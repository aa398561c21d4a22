import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import type { EditRequest } from "../../src/core/edit.ts";
import { newId } from "../../src/core/id.ts";
import { createAccount } from "../../src/store/accounts.ts";
import { type Database, type DatabaseKind, openDatabase } from "../../src/store/database.ts";
import { acceptEdit, type Edit } from "../../src/store/edits.ts";

/** A fresh database that goes away on disposal; further processes may open its URL. */
export interface FreshDatabase extends AsyncDisposable {
  readonly url: string;
}

export type MakeDatabase = () => Promise<FreshDatabase>;

async function freshSqlite(): Promise<FreshDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "pentimento-store-"));
  return {
    url: `file:${join(folder, "pentimento.db")}`,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  };
}

/** URL of a PostgreSQL server on which databases may be created. */
const server = process.env.PENTIMENTO_TEST_POSTGRES;

async function freshPostgresql(): Promise<FreshDatabase> {
  const name = `pentimento_${randomUUID().replaceAll("-", "")}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(server!);
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The same tests over each database there is; `kind` is for what only one of them can show. */
export function describeEach(subject: string, tests: (make: MakeDatabase, kind: DatabaseKind) => void): void {
  describe(`${subject} on SQLite`, () => tests(freshSqlite, "sqlite"));
  const skipped = server === undefined;
  if (skipped) console.warn(`skipped: ${subject} on PostgreSQL; set PENTIMENTO_TEST_POSTGRES=postgresql://…`);
  describe.skipIf(skipped)(`${subject} on PostgreSQL`, () => tests(freshPostgresql, "postgresql"));
}

/** Opens one database for all tests of a block. */
export function opened(make: MakeDatabase): { readonly db: Database; readonly url: string } {
  const held = {} as { db: Database; url: string };
  const stack = new AsyncDisposableStackOfTest();
  beforeAll(async () => {
    const fresh = stack.use(await make());
    held.url = fresh.url;
    held.db = stack.use(await openDatabase(fresh.url));
  });
  afterAll(() => stack.dispose());
  return held;
}

/** Node 20 has no AsyncDisposableStack. */
class AsyncDisposableStackOfTest {
  readonly #held: AsyncDisposable[] = [];
  use<T extends AsyncDisposable>(resource: T): T {
    this.#held.push(resource);
    return resource;
  }
  async dispose(): Promise<void> {
    for (const resource of this.#held.reverse()) await resource[Symbol.asyncDispose]();
  }
}

/** A moment that rises by a second with every call. */
export function later(): Date {
  now += 1000;
  return new Date(now);
}
let now = Date.UTC(2026, 10, 1);

export const byServer = () => ({ actor: "server", at: later() });

export async function anAccount(db: Database): Promise<string> {
  return (await createAccount(db, { name: randomUUID() }, byServer())).id;
}

export const request: EditRequest = {
  imageIds: [],
  strength: 1,
  model: "pentimento-mini",
  modelDigest: "00".repeat(32),
  steps: 4,
  guidance: 2.5,
  seed: 2 ** 32 - 1,
  count: 2,
  aspectRatio: "MATCH_INPUT",
  bucket: { width: 256, height: 256 },
  output: { format: "PNG", quality: 90, size: "ORIGINAL" },
  safetyTolerance: 2,
  priority: "NORMAL",
  deadlineAt: Date.UTC(2027, 0, 1),
  rounding: "float32",
};

export async function anEdit(db: Database, accountId: string, prompt = "make it snow"): Promise<Edit> {
  const createdAt = later();
  const edit = { id: newId(createdAt), accountId, prompt, request, createdAt };
  return (await acceptEdit(db, { edit, audit: [] })).edit;
}
