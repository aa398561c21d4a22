import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { type EditStatus, editStatuses } from "../../src/core/edit.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { describeEach } from "./databases.ts";

/** Lets a writer write until it has confirmed so much, kills it, and returns all that it confirmed. */
async function killedAfter(url: string, confirmations: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", "test/store/writer.ts", url, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (lines.length === confirmations) child.kill("SIGKILL");
  }
  return lines;
}

/** What is stored of the edits: each with its status, an act for its acceptance, as many events and acts as moves led to it, and its key. */
async function checkWhole(db: Database): Promise<Map<string, EditStatus>> {
  const edits = await db.client.edit.findMany({ include: { events: true } });
  const acts = await db.client.auditEvent.groupBy({ by: ["subjectId"], _count: true });
  const actsOf = new Map(acts.map(({ subjectId, _count }) => [subjectId, _count]));
  const keys = new Set((await db.client.idempotencyKey.findMany()).map(({ editId }) => editId));
  for (const { id, status, events, eventSeq } of edits) {
    const moves = editStatuses.indexOf(status);
    expect({ events: events.length, acts: actsOf.get(id), eventSeq }).toEqual({
      events: moves,
      acts: moves + 1,
      eventSeq: moves,
    });
    expect(keys.has(id)).toBe(true);
  }
  expect(keys.size).toBe(edits.length);
  return new Map(edits.map(({ id, status }) => [id, status]));
}

describeEach("a killed process", (make) => {
  it("loses nothing that was confirmed and leaves nothing by halves", { timeout: 300_000 }, async () => {
    await using fresh = await make();
    await (await openDatabase(fresh.url))[Symbol.asyncDispose]();
    const confirmed: string[] = [];
    for (const confirmations of [1, 2, 5, 13, 34]) {
      confirmed.push(...(await killedAfter(fresh.url, confirmations)));
      await using db = await openDatabase(fresh.url);
      const stored = await checkWhole(db);
      for (const line of confirmed) {
        const [id, status] = line.split(" ") as [string, EditStatus];
        expect(editStatuses.indexOf(stored.get(id)!)).toBeGreaterThanOrEqual(editStatuses.indexOf(status));
      }
    }
    expect(confirmed.length).toBeGreaterThanOrEqual(55);
  });

  it("in the midst of its first start leaves tables that the next one completes", { timeout: 300_000 }, async () => {
    await using fresh = await make();
    const starts = [1, 2, 3].map(() =>
      spawn(process.execPath, ["--import", "tsx", "test/store/writer.ts", fresh.url, "1"], {
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    const ends = starts.map(async (child, i) => {
      let said = "";
      for await (const chunk of child.stdout) {
        said += chunk;
        if (i === 0) child.kill("SIGKILL");
      }
      return said.trim().split("\n").length;
    });
    const [, ...whole] = await Promise.all(ends);
    expect(whole).toEqual([15, 15]);
    await using db = await openDatabase(fresh.url);
    expect((await checkWhole(db)).size).toBeGreaterThanOrEqual(7);
  });
});
