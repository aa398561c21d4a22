import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditFilter, listAuditEvents } from "../src/store/audit-log.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { saveResult } from "./result.ts";

const rows = 1_000_000;
const pageSize = 50;
const pagesPerFilter = 60;
const firstAt = "2026-01-01 00:00:00";

/**
 * Rows as a busy server would have them: a second and a bit between two; four in ten of one account; half of one kind, some
 * kinds a few times in all. The server moves and refuses, a moderator decides; refusals and decisions have a category.
 */
const fill = `
INSERT INTO "AuditEvent" ("id", "at", "actor", "kind", "subjectKind", "subjectId", "accountId", "category", "details",
  "salt", "detailsDigest", "position", "link", "subtree")
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1}),
drawn AS (SELECT i, abs(random()) % 1000 AS a, abs(random()) % 1000 AS k FROM n)
SELECT printf('%026d', i), strftime('%Y-%m-%dT%H:%M:%S', '${firstAt}', (i * 1.2) || ' seconds') || '.000+00:00',
  CASE WHEN k < 500 OR k BETWEEN 950 AND 989 THEN 'server' WHEN k >= 990 THEN 'account-7' WHEN a < 400 THEN 'account-0'
    ELSE 'account-' || (a % 500) END,
  CASE WHEN i % 200000 = 77 THEN 'incident.sealed' WHEN k < 500 THEN 'edit.moved' WHEN k < 700 THEN 'edit.accepted'
    WHEN k < 850 THEN 'image.viewed' WHEN k < 950 THEN 'image.created' WHEN k < 990 THEN 'moderation.refused'
    ELSE 'case.decided' END,
  'edit', 'edit-' || (i / 5), CASE WHEN a < 400 THEN 'account-0' ELSE 'account-' || (a % 500) END,
  CASE WHEN k >= 950 THEN 'category-' || (a % 10) END, '{"from":"QUEUED","to":"RUNNING"}',
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
  "a subject": { subjectId: "edit-123456" },
  "a category": { category: "category-3" },
  "an account and a category": { accountId: "account-0", category: "category-7" },
  "a category that this account never had": { accountId: "account-77", category: "category-1" },
  "a kind and its category": { kinds: ["moderation.refused"], category: "category-3" },
  "a day": someDay,
  "a day of an account": { accountId: "account-77", ...someDay },
  "a day of a kind": { kinds: ["case.decided"], ...someDay },
  "what somebody did": { actor: "account-77" },
  "a busy actor and a rare kind": { actor: "server", kinds: ["incident.sealed"] },
  "a busy actor and a kind that it never did": { actor: "server", kinds: ["image.viewed"] },
  "an account and what another did": { accountId: "account-0", actor: "account-77" },
  "a common kind and a category that it never has": { kinds: ["edit.moved"], category: "category-3" },
  "account, kind and category": { accountId: "account-0", kinds: ["moderation.refused"], category: "category-7" },
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
    category: "category-7",
    actor: "server",
  },
};

/** Milliseconds for a page of 50 among a million audit events, for each kind of filter, from anywhere in the list. */
export async function benchAudit(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-bench-"));
  try {
    await using db = await openDatabase(`file:${join(folder, "audit.db")}`);
    const start = performance.now();
    await db.client.$executeRawUnsafe(fill);
    console.log(`${rows} events written in ${Math.round((performance.now() - start) / 1000)} s`);
    const results = [];
    for (const [name, filter] of Object.entries(filters)) {
      const times = await timePages(db, filter);
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
      results.push({ name, p50Ms: at(0.5), p95Ms: at(0.95) });
      console.log(`${name.padEnd(40)} p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`);
    }
    await saveResult("audit", results);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Sorted times of pages: some following each other, some from places all over the list. */
async function timePages(db: Database, filter: AuditFilter): Promise<number[]> {
  const times: number[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesPerFilter; page += 1) {
    const start = performance.now();
    const { edges, hasNextPage } = await listAuditEvents(db, filter, { first: pageSize, ...(after && { after }) });
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
