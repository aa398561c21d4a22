import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuditEventsDocument,
  type AuditEventsQuery,
  type AuditFilterInput,
  type AuditKind,
  SignInDocument,
} from "../schema/generated/graphql.ts";
import { Sealer } from "../src/audit/sealer.ts";
import { noteSigner } from "../src/audit/signed-note.ts";
import { Client } from "../src/cli/client.ts";
import { readServerEnvironment } from "../src/config/environment.ts";
import { newId } from "../src/core/id.ts";
import { startServer } from "../src/server/server.ts";
import { createAccount, findAccount, setPromptInCredentials } from "../src/store/accounts.ts";
import type { AuditFilter } from "../src/store/audit-filter.ts";
import { countSealed, hashedRows, listAuditEvents, sealEvents, unsealedEvents } from "../src/store/audit-log.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { updateStanding } from "../src/store/statement.ts";
import { saveResult } from "./result.ts";

const rows = 1_000_000;
const pageSize = 50;
const pagesPerFilter = 60;
const writeRounds = 15;
const writesPerRound = 128;
/** Writes at once. */
const lanes = 16;
const firstAt = "2026-01-01 00:00:00";

/**
 * Rows as a busy server would have them: a second and a bit between two; four in ten of one account; half of one kind, some
 * kinds a few times in all. The server moves and refuses, a moderator decides; refusals and decisions have a category.
 */
const fill = `
INSERT INTO "AuditEvent" ("id", "at", "actor", "kind", "subjectKind", "subjectId", "accountId", "category", "details",
  "salt", "detailsDigest", "position", "link", "subtree")
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1}),
drawn AS MATERIALIZED (SELECT i, abs(random()) % 1000 AS a, abs(random()) % 1000 AS k FROM n)
SELECT printf('%026d', i), strftime('%Y-%m-%dT%H:%M:%S', '${firstAt}', (i * 1.2) || ' seconds') || '.000+00:00',
  CASE WHEN k < 500 OR k BETWEEN 950 AND 989 THEN 'server' WHEN k >= 990 THEN 'account-7' WHEN a < 400 THEN 'account-0'
    ELSE 'account-' || (a % 500) END,
  CASE WHEN i % 200000 = 77 THEN 'incident.sealed' WHEN k < 500 THEN 'edit.moved' WHEN k < 700 THEN 'edit.accepted'
    WHEN k < 850 THEN 'image.viewed' WHEN k < 950 THEN 'image.created' WHEN k < 990 THEN 'moderation.refused'
    ELSE 'case.decided' END,
  'edit', 'edit-' || (i / 5), CASE WHEN a < 400 THEN 'account-0' ELSE 'account-' || (a % 500) END,
  CASE WHEN k >= 950 THEN CASE a % 5 WHEN 0 THEN 'SEXUAL' WHEN 1 THEN 'VIOLENCE' WHEN 2 THEN 'GORE' WHEN 3 THEN 'HATE' ELSE 'OTHER' END END, '{"from":"QUEUED","to":"RUNNING"}',
  hex(randomblob(16)), hex(randomblob(32)), i, hex(randomblob(32)), hex(randomblob(32)) FROM drawn`;

const someDay = { from: new Date("2026-01-06T00:00:00Z"), before: new Date("2026-01-07T00:00:00Z") };

const filters: Readonly<Record<string, AuditFilter>> = {
  everything: {},
  "an account with 400,000": { accountId: "account-0" },
  "an account with 1,200": { accountId: "account-77" },
  "a kind with 500,000": { kinds: ["edit.moved"] },
  "a kind with 5": { kinds: ["incident.sealed"] },
  "two kinds, 5 and 10,000": { kinds: ["incident.sealed", "case.decided"] },
  "a large account and a rare kind": { accountId: "account-0", kinds: ["incident.sealed"] },
  "a large account and a common kind": { accountId: "account-0", kinds: ["edit.moved"] },
  "eight kinds": {
    kinds: [
      "edit.moved",
      "edit.accepted",
      "image.viewed",
      "image.created",
      "moderation.refused",
      "case.decided",
      "incident.sealed",
      "key.created",
    ],
  },
  "a subject": { subjectId: "edit-123456" },
  "a category": { category: "HATE" },
  "an account and a category": { accountId: "account-0", category: "GORE" },
  "a category that this account never had": { accountId: "account-77", category: "VIOLENCE" },
  "a kind and its category": { kinds: ["moderation.refused"], category: "HATE" },
  "a day": someDay,
  "a day of an account": { accountId: "account-77", ...someDay },
  "a day of a kind": { kinds: ["case.decided"], ...someDay },
  "what somebody did": { actor: "account-77" },
  "a busy actor and a rare kind": { actor: "server", kinds: ["incident.sealed"] },
  "a busy actor and a kind that it never did": { actor: "server", kinds: ["image.viewed"] },
  "an account and what another did": { accountId: "account-0", actor: "account-77" },
  "a common kind and a category that it never has": { kinds: ["edit.moved"], category: "HATE" },
  "account, kind and category": { accountId: "account-0", kinds: ["moderation.refused"], category: "GORE" },
  "what an account is shown of its own": {
    accountId: "account-77",
    only: { actors: ["account-77", "server"], hiddenKinds: ["incident.sealed"] },
  },
  "what a large account is shown of one kind": {
    accountId: "account-0",
    kinds: ["edit.moved"],
    only: { actors: ["account-0", "server"], hiddenKinds: ["incident.sealed"] },
  },
  "account, kind and somebody who never did it": { accountId: "account-0", kinds: ["edit.moved"], actor: "account-7" },
  "account, kind, category and actor": {
    accountId: "account-0",
    kinds: ["edit.moved"],
    category: "GORE",
    actor: "server",
  },
};

/**
 * Milliseconds for a page of 50 among a million audit events, for each kind of filter, from anywhere in the list, through
 * the store and over HTTP; and what writing an event adds to a change that has nothing to do with edits.
 */
export async function benchAudit(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-bench-"));
  const databaseUrl = `file:${join(folder, "audit.db")}`;
  try {
    const store = await inDatabase(databaseUrl, async (db) => {
      const start = performance.now();
      await db.client.$executeRawUnsafe(fill);
      console.log(`${rows} events written in ${Math.round((performance.now() - start) / 1000)} s`);
      return timeFilters("store", (filter, after) =>
        listAuditEvents(db, filter, { first: pageSize, ...(after !== undefined && { after }) }),
      );
    });
    const { graphql, mutationMs } = await inServer(folder, databaseUrl, async (ask, mutate) => {
      const mutationMs = await timeMutation(mutate);
      const graphql = await timeFilters("GraphQL", async ({ only: _, kinds, ...filter }, after) => {
        const named = kinds && { kinds: kinds.map((kind) => kind.replace(/[.-]/g, "_").toUpperCase() as AuditKind) };
        const { auditEvents } = await ask({ ...filter, ...named } as object as AuditFilterInput, after);
        return { edges: auditEvents.edges, hasNextPage: auditEvents.pageInfo.hasNextPage };
      });
      return { graphql, mutationMs };
    });
    const writing = await inDatabase(databaseUrl, (db) => timeWriting(db, mutationMs));
    await saveResult("audit", { store, graphql, writing });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = await openDatabase(url);
  return await work(db);
}

type Ask = (filter: AuditFilterInput, after: string | undefined) => Promise<AuditEventsQuery>;

/** A whole server over the same database, asked by its administrator. */
async function inServer<T>(
  folder: string,
  databaseUrl: string,
  work: (ask: Ask, mutate: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const environment = {
    PENTIMENTO_DATA: folder,
    PENTIMENTO_PORT: "0",
    PENTIMENTO_LOG: "silent",
    PENTIMENTO_CREDENTIALS: "off",
    DATABASE_URL: databaseUrl,
  };
  await using server = await startServer(readServerEnvironment(environment));
  const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.signInCode() });
  await using client = new Client(server.url, signIn.secret);
  const ask: Ask = (filter, after) =>
    client.ask(AuditEventsDocument, { first: pageSize, filter, ...(after !== undefined && { after }) });
  const headers = { "content-type": "application/json", authorization: `Bearer ${signIn.secret}` };
  const other = otherEachTime();
  const bodyOf = (value: boolean) =>
    JSON.stringify({ query: `mutation { setPromptInCredentials(value: ${value}) { id } }` });
  const mutate = async () =>
    (await fetch(`${server.url}/graphql`, { method: "POST", headers, body: bodyOf(other()) })).text();
  await untilIdle(mutate);
  return await work(ask, mutate);
}

/** A server that has just started learns what its engine costs: waits until it answers as fast as it can. */
async function untilIdle(mutate: () => Promise<unknown>): Promise<void> {
  for (let best = Number.POSITIVE_INFINITY, tries = 0; tries < 5; tries += 1) {
    const { alone: ms } = await timeMutation(mutate);
    if (ms < best * 0.9) tries = 0;
    best = Math.min(best, ms);
  }
}

/** Milliseconds that each takes of a stream of calls, `together` at a time. */
async function timeEach(work: () => Promise<unknown>, together: number): Promise<number> {
  const start = performance.now();
  const lane = async () => {
    for (let i = 0; i < writesPerRound / together; i += 1) await work();
  };
  await Promise.all(Array.from({ length: together }, lane));
  return (performance.now() - start) / writesPerRound;
}

/** The median of some rounds: one after the other, and as many at once as share a transaction well. */
async function timeMutation(mutate: () => Promise<unknown>): Promise<Mutation> {
  const alone: number[] = [];
  const together: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    alone.push(await timeEach(mutate, 1));
    together.push(await timeEach(mutate, lanes));
  }
  return { alone: median(alone), together: median(together) };
}

/** Milliseconds of one, called one after the other and `lanes` at a time. */
interface Mutation {
  readonly alone: number;
  readonly together: number;
}

type Page = { edges: readonly { readonly cursor: string }[]; hasNextPage: boolean };
type List = (filter: AuditFilter, after: string | undefined) => Promise<Page>;

async function timeFilters(through: string, list: List) {
  // The first pages of a process pay for its compiling.
  await timePages(list, {});
  const results = [];
  for (const [name, filter] of Object.entries(filters)) {
    const times = await timePages(list, filter);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
    results.push({ name, p50Ms: at(0.5), p95Ms: at(0.95) });
    console.log(`${through.padEnd(8)} ${name.padEnd(48)} p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`);
  }
  const worst = results.toSorted((a, b) => b.p95Ms - a.p95Ms)[0]!;
  console.log(`${through}: the slowest p95 is ${worst.p95Ms.toFixed(1)} ms, of "${worst.name}"`);
  return results;
}

/** Sorted times of pages: some following each other, some from places all over the list. */
async function timePages(list: List, filter: AuditFilter): Promise<number[]> {
  const times: number[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesPerFilter; page += 1) {
    const start = performance.now();
    const { edges, hasNextPage } = await list(filter, after);
    times.push(performance.now() - start);
    const far = Math.floor(((page % 20) / 20) * rows);
    after = page % 3 === 0 ? placeOf(far) : hasNextPage ? edges.at(-1)!.cursor : undefined;
  }
  return times.sort((a, b) => a - b);
}

function placeOf(index: number): string {
  const at = Date.parse(`${firstAt.replace(" ", "T")}Z`) + Math.floor(index * 1.2) * 1000;
  return Buffer.from(`${at}.${String(index).padStart(26, "0")}`).toString("base64url");
}

/**
 * A change of an account with its event, beside the same change without; rounds alternate. Sealing comes later, off the way
 * of whoever waits, but takes the same processor: it is told apart.
 */
async function timeWriting(db: Database, mutationMs: Mutation) {
  const act = () => ({ actor: "bench", at: new Date() });
  const { id } = await createAccount(db, { name: newId(new Date()) }, act());
  const other = otherEachTime();
  const withEvent = () => setPromptInCredentials(db, id, other(), act());
  const standing = { id, statuses: ["ACTIVE"] };
  const without = async () => {
    await db.batch([updateStanding("Account", standing, { promptInCredentials: other() })]);
    await findAccount(db, id);
  };
  const store = { unsealed: (limit: number) => unsealedEvents(db, limit), sealedCount: () => countSealed(db) };
  const more = {
    hashedRows: (at: readonly number[]) => hashedRows(db, at),
    seal: (seals: Parameters<typeof sealEvents>[1]) => sealEvents(db, seals),
  };
  const sealer = await Sealer.open({ ...store, ...more }, noteSigner("bench/audit", Buffer.alloc(32, 1)), []);
  await sealer.seal();
  const found: Record<string, object> = {};
  for (const [name, together] of [
    ["alone", 1],
    ["together", lanes],
  ] as const) {
    const ms = { withEvent: [] as number[], without: [] as number[], sealing: [] as number[] };
    for (let round = 0; round < writeRounds; round += 1) {
      ms.without.push(await timeEach(without, together));
      ms.withEvent.push(await timeEach(withEvent, together));
      const start = performance.now();
      await sealer.seal();
      ms.sealing.push((performance.now() - start) / writesPerRound);
    }
    const [plain, both, sealing] = [median(ms.without), median(ms.withEvent), median(ms.sealing)];
    const share = (both - plain) / mutationMs[name];
    console.log(
      `a change of an account, ${together} at a time: ${plain.toFixed(2)} ms without its event, ${both.toFixed(2)} with it; its mutation over HTTP ${mutationMs[name].toFixed(2)} ms, of which the event is ${(100 * share).toFixed(1)} %; sealing later ${sealing.toFixed(2)} ms`,
    );
    found[name] = { plain, both, sealing, mutation: mutationMs[name], share };
  }
  return found;
}

/** A change that changes nothing is not written to disk, and would cost what no change costs. */
function otherEachTime(): () => boolean {
  let value = false;
  return () => {
    value = !value;
    return value;
  };
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1]!;
}
