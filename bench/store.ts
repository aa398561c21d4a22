import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEntry } from "../src/core/audit.ts";
import type { EditRequest } from "../src/core/edit.ts";
import { newId } from "../src/core/id.ts";
import { createAccount } from "../src/store/accounts.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { acceptEdit } from "../src/store/edits.ts";
import { moveEdit } from "../src/store/move-edit.ts";
import { saveResult } from "./result.ts";

const rounds = 300;
/** Writes handed in together. */
const together = 64;

const request: EditRequest = {
  imageIds: [],
  strength: 1,
  model: "pentimento-mini",
  modelDigest: "00".repeat(32),
  steps: 4,
  guidance: 2.5,
  seed: 1,
  count: 1,
  aspectRatio: "MATCH_INPUT",
  bucket: { width: 256, height: 256 },
  output: { format: "PNG", quality: 90, size: "ORIGINAL" },
  safetyTolerance: 2,
  priority: "NORMAL",
  rounding: "float32",
};

/**
 * An edit's life in the store, each move a transaction that is on disk when it returns; beside what a sync of 64 KB, about
 * what a move writes, costs on the same disk.
 *
 * @param url of a PostgreSQL database instead of a file of its own
 */
export async function benchStore(url: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pentimento-bench-"));
  try {
    const opening = performance.now();
    await using db = await openDatabase(url ?? `file:${join(folder, "bench.db")}`);
    const openMs = performance.now() - opening;
    const { id: accountId } = await createAccount(db, { name: newId(new Date()) }, { actor: "bench", at: new Date() });
    const figures = await lives(db, accountId);
    const merged = await times(rounds / 10, () =>
      Promise.all(Array.from({ length: together }, () => accept(db, accountId))),
    );
    const syncMs = await times(rounds, syncOf(join(folder, "sync")));
    const all = { sync: syncMs, ...figures };
    const table = Object.entries(all).map(([name, ms]) => [name, { ...spread(ms), "p50 ÷ sync": ratio(ms, syncMs) }]);
    console.table(Object.fromEntries(table));
    const eachMs = quantile(merged, 0.5) / together;
    console.log(`${together} accepted together: ${eachMs.toFixed(2)} ms each; opened in ${openMs.toFixed(0)} ms`);
    await saveResult("store", { kind: db.kind, openMs, eachMs, ...Object.fromEntries(table) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds of each step of many lives, one after the other. */
async function lives(db: Database, accountId: string): Promise<Record<string, number[]>> {
  const ids: string[] = [];
  const accepted = await times(rounds, async () => ids.push(await accept(db, accountId)));
  const figures: Record<string, number[]> = { accept: accepted };
  for (const [i, to] of (["QUEUED", "RUNNING", "FINISHING", "SUCCEEDED"] as const).entries()) {
    figures[to] = await times(rounds, async (round) => {
      const id = ids[round]!;
      const at = new Date();
      const event = { editId: id, seq: i + 2, at: at.getTime(), kind: "resumed" } as const;
      const outcomes = to === "QUEUED" || to === "SUCCEEDED" ? [outcome] : [];
      const results = to === "SUCCEEDED" ? resultsOf(accountId, newId(at)) : {};
      const move = { to, at, events: [event], outcomes, audit: [acted(id, accountId)], ...results };
      if (!(await moveEdit(db, id, move))) throw new Error(`the edit cannot move to ${to}`);
    });
  }
  return figures;
}

const outcome = {
  stage: "PROMPT",
  index: 0,
  filter: "rules",
  filterVersion: "1",
  policyVersion: "1",
  verdict: "ALLOW",
  categories: [],
  ms: 1,
} as const;

function resultsOf(accountId: string, imageId: string) {
  const digest = "00".repeat(32);
  const image = { id: imageId, accountId, kind: "OUTPUT", index: 0, digest, contentType: "image/png" } as const;
  const recipe = {
    format: 1,
    request,
    seed: 1,
    sourceDigests: [],
    provider: "cpu",
    precision: "float32",
    versions: {},
    noise: "numpy",
    sigmas: "exponential",
  } as const;
  return {
    images: [{ ...image, byteLength: 1, width: 256, height: 256 }],
    provenance: [{ index: 0, imageId, recipe, pixelsDigest: digest, watermarkId: 1 }],
  };
}

function acted(subjectId: string, accountId: string): AuditEntry {
  return { actor: "server", kind: "edit.moved", subjectKind: "edit", subjectId, accountId, details: { to: "QUEUED" } };
}

async function accept(db: Database, accountId: string): Promise<string> {
  const createdAt = new Date();
  const id = newId(createdAt);
  const idempotency = { key: id, requestDigest: id };
  const edit = { id, accountId, prompt: "make it snow", request, createdAt };
  await acceptEdit(db, { edit, audit: [acted(id, accountId)], idempotency });
  return id;
}

function syncOf(file: string): (round: number) => Promise<void> {
  const handle = open(file, "w");
  const block = Buffer.alloc(65_536);
  return async (round) => {
    await (await handle).write(block, 0, block.length, round * block.length);
    await (await handle).datasync();
    if (round === rounds - 1) await (await handle).close();
  };
}

async function times(count: number, work: (round: number) => Promise<unknown>): Promise<number[]> {
  const ms: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const start = performance.now();
    await work(round);
    ms.push(performance.now() - start);
  }
  return ms;
}

function quantile(ms: readonly number[], share: number): number {
  return ms.toSorted((a, b) => a - b)[Math.floor(ms.length * share)]!;
}

function spread(ms: readonly number[]) {
  const at = (share: number) => Number(quantile(ms, share).toFixed(2));
  return { "p5 ms": at(0.05), "p50 ms": at(0.5), "p99 ms": at(0.99) };
}

function ratio(ms: readonly number[], syncMs: readonly number[]): number {
  return Number((quantile(ms, 0.5) / quantile(syncMs, 0.5)).toFixed(2));
}
