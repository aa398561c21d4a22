import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitNotes } from "../../src/audit/checkpoint.ts";
import { faultOfProof } from "../../src/audit/prove.ts";
import { sealBatchMax } from "../../src/audit/sealer.ts";
import { parseVerifier } from "../../src/audit/signed-note.ts";
import { type AuditReport, verifyAudit } from "../../src/audit/verify.ts";
import { AuditLog, type AuditLogOptions } from "../../src/journey/audit-log.ts";
import { appendAudit } from "../../src/store/audit-events.ts";
import { eraseDetails, listAuditEvents, logOf } from "../../src/store/audit-log.ts";
import type { Database } from "../../src/store/database.ts";
import { describeEach, later, opened } from "../store/databases.ts";
import { SetClock } from "../support/set-clock.ts";

const seed = Buffer.alloc(32, 7);

async function optionsFor(db: Database): Promise<AuditLogOptions> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-audit-"));
  const onError = (error: unknown) => {
    throw error;
  };
  return { db, folder, seed, clock: new SetClock(), onError };
}

async function writeEvents(db: Database, count: number): Promise<void> {
  const about = { actor: "server", kind: "edit.moved", subjectKind: "edit" } as const;
  const entries = Array.from({ length: count }, (_, i) => ({
    ...about,
    subjectId: `edit-${i}`,
    accountId: `account-${i % 3}`,
    details: { to: "QUEUED", number: i },
  }));
  await appendAudit(db, entries, later());
}

async function verifyDatabase(db: Database, { folder }: AuditLogOptions): Promise<AuditReport> {
  const [checkpoints, key] = await Promise.all(
    ["checkpoints.txt", "key.pub"].map((name) => readFile(join(folder, name), "utf8")),
  );
  return verifyAudit(logOf(db), [checkpoints!], parseVerifier(key!));
}

async function newestEvents(db: Database, first: number) {
  return (await listAuditEvents(db, {}, { first })).edges.map(({ node }) => node);
}

describeEach("the audit log", (make) => {
  describe("of a server that runs and stops and runs again", () => {
    const held = opened(make);

    it("is sealed in order, signed, proven, and whole", async () => {
      const options = await optionsFor(held.db);
      let log = await AuditLog.open(options);
      await writeEvents(held.db, 5);
      const [event] = await newestEvents(held.db, 1);
      const proof = await log.prove(event!.id);
      expect(faultOfProof(proof, parseVerifier(log.publicKey))).toBeUndefined();
      expect(proof.event).toMatchObject({ id: event!.id, details: event!.details, subjectId: event!.subjectId });
      await writeEvents(held.db, 3);
      await log[Symbol.asyncDispose]();
      expect(await verifyDatabase(held.db, options)).toMatchObject({
        whole: true,
        sealed: 8,
        unsealed: 0,
        checkpoints: 2,
      });

      log = await AuditLog.open(options);
      await writeEvents(held.db, sealBatchMax + 3);
      await log[Symbol.asyncDispose]();
      const report = await verifyDatabase(held.db, options);
      expect(report).toMatchObject({ whole: true, sealed: 11 + sealBatchMax, afterCheckpoint: 0, checkpoints: 3 });
      const { edges } = await listAuditEvents(held.db, { accountId: "account-1" }, { first: 100 });
      const positions = edges.map(({ node }) => node.position!);
      expect(positions).toEqual([...positions].sort((a, b) => b - a));
    });

    it("stays whole when an account's details are erased", async () => {
      const options = await optionsFor(held.db);
      await (await AuditLog.open(options))[Symbol.asyncDispose]();
      expect(await eraseDetails(held.db, "account-2", { actor: "server", at: later() })).toBeGreaterThan(0);
      const report = await verifyDatabase(held.db, options);
      expect(report).toMatchObject({ whole: true });
      expect(report.erased).toBeGreaterThan(0);
    });

    it("refuses to prove what is not there", async () => {
      await using log = await AuditLog.open(await optionsFor(held.db));
      await expect(log.prove("nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("may be sealed by two at once, and every event still has one place", async () => {
      const options = await optionsFor(held.db);
      const other = { ...(await optionsFor(held.db)), onError: () => {} };
      const [one, two] = [await AuditLog.open(options), await AuditLog.open(other)];
      await writeEvents(held.db, 20);
      const events = await newestEvents(held.db, 20);
      const proofs = await Promise.allSettled(events.flatMap(({ id }) => [one.prove(id), two.prove(id)]));
      const made = proofs.flatMap((proof) => (proof.status === "fulfilled" ? [proof.value] : []));
      expect(made.length).toBeGreaterThan(0);
      for (const proof of made) expect(faultOfProof(proof, parseVerifier(one.publicKey))).toBeUndefined();
      await two[Symbol.asyncDispose]();
      await one[Symbol.asyncDispose]();
      expect(await verifyDatabase(held.db, options)).toMatchObject({ whole: true, unsealed: 0 });
    });
  });

  describe("of a database that somebody changed", () => {
    const held = opened(make);

    it("is not signed again, and is told by verifying", async () => {
      const options = await optionsFor(held.db);
      const log = await AuditLog.open(options);
      await writeEvents(held.db, 12);
      await log[Symbol.asyncDispose]();
      const sixth = await held.db.client.auditEvent.findUnique({ where: { position: 6 } });
      const change = (sql: string) => held.db.client.$executeRawUnsafe(sql);
      for (const [sql, undo, fault] of [
        [
          `UPDATE "AuditEvent" SET "actor" = 'nobody' WHERE "position" = 4`,
          `UPDATE "AuditEvent" SET "actor" = 'server' WHERE "position" = 4`,
          /at position 4: it was changed/,
        ],
        [
          `UPDATE "AuditEvent" SET "position" = NULL WHERE "position" = 5`,
          `UPDATE "AuditEvent" SET "position" = 5 WHERE "position" IS NULL`,
          /at position 6: position 5 should be here/,
        ],
        [
          `UPDATE "AuditEvent" SET "link" = NULL WHERE "position" = 6`,
          `UPDATE "AuditEvent" SET "link" = '${sixth!.link}' WHERE "position" = 6`,
          /at position 6: it was changed/,
        ],
      ] as const) {
        expect(await change(sql)).toBe(1);
        const report = await verifyDatabase(held.db, options);
        expect(report.faults[0]).toMatch(fault);
        await change(undo);
      }
      await change(`DELETE FROM "AuditEvent" WHERE "position" >= 10`);
      expect((await verifyDatabase(held.db, options)).faults).toContain(
        "events are missing at the end: a checkpoint holds 12, the log 10",
      );
      await expect(AuditLog.open(options)).rejects.toThrow(/lost events that a checkpoint of 12 holds/);
      await writeEvents(held.db, 4);
      const elsewhere = await optionsFor(held.db);
      await (await AuditLog.open(elsewhere))[Symbol.asyncDispose]();
      await expect(AuditLog.open(options)).rejects.toThrow(/not the one whose 12 events were signed/);
    });
  });

  describe("and its files", () => {
    const held = opened(make);

    it("are written to a second place as well, and must be of this log's key", async () => {
      const options = await optionsFor(held.db);
      const sink = join(options.folder, "elsewhere.txt");
      await writeEvents(held.db, 2);
      await (await AuditLog.open({ ...options, sink }))[Symbol.asyncDispose]();
      const file = join(options.folder, "checkpoints.txt");
      const content = await readFile(file, "utf8");
      expect(splitNotes(content).notes).toHaveLength(1);
      expect(await readFile(sink, "utf8")).toBe(content);

      await rm(file);
      await writeEvents(held.db, 2);
      await (await AuditLog.open({ ...options, sink }))[Symbol.asyncDispose]();
      expect(splitNotes(await readFile(sink, "utf8")).notes).toHaveLength(2);

      const other = { ...options, seed: Buffer.alloc(32, 8) };
      await expect(AuditLog.open(other)).rejects.toThrow(/not made with this key/);
      expect(await verifyDatabase(held.db, options)).toMatchObject({ whole: true });
      await copyFile(sink, file);
      await writeFile(sink, content.replace("\n2\n", "\n3\n"));
      await expect(AuditLog.open({ ...options, sink })).rejects.toThrow(/signature is wrong/);
    });
  });
});
