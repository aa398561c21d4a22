import { expect, it } from "vitest";
import type { AuditEntry } from "../../src/core/audit.ts";
import { auditRow } from "../../src/store/audit-events.ts";
import { openDatabase } from "../../src/store/database.ts";
import { insert, type Statement } from "../../src/store/statement.ts";
import { describeEach, later, opened } from "./databases.ts";

describeEach("batches", (make, kind) => {
  const store = opened(make);

  const rowOf = (subjectId: string) => {
    const entry: AuditEntry = { actor: "server", kind: "edit.moved", subjectKind: "edit", subjectId };
    return auditRow(entry, later());
  };
  const count = (subjectId: string) => store.db.client.auditEvent.count({ where: { subjectId } });

  it("are done whole, and fail alone", async () => {
    const { db } = store;
    const taken = rowOf("taken");
    await db.batch(insert("AuditEvent", [taken]));
    const misses: Statement = { sql: `DELETE FROM "Upload" WHERE "id" = $1`, values: ["none"], rows: 1 };
    const results = await Promise.allSettled([
      db.batch(insert("AuditEvent", [rowOf("first")])),
      db.batch([...insert("AuditEvent", [rowOf("conflict")]), ...insert("AuditEvent", [taken])]),
      db.batch([...insert("AuditEvent", [rowOf("miss")]), misses]),
      db.batch([...insert("AuditEvent", [rowOf("miss")]), ...insert("AuditEvent", [taken], "undo")]),
      db.batch([...insert("AuditEvent", [rowOf("skip")]), ...insert("AuditEvent", [taken], "skip")]),
      db.batch([...insert("AuditEvent", [rowOf("syntax")]), { sql: "NOT SQL", values: [] }]),
      db.batch(insert("AuditEvent", [rowOf("last")])),
      db.batch([]),
    ]);
    const told = results.map((result) => (result.status === "fulfilled" ? result.value : "failed"));
    expect(told).toEqual([true, "failed", false, false, true, "failed", true, true]);
    const kept = await Promise.all(["first", "conflict", "miss", "skip", "syntax", "last"].map(count));
    expect(kept).toEqual([1, 0, 0, 1, 0, 1]);
    // Each in a transaction of its own.
    expect(await db.batch([...insert("AuditEvent", [rowOf("alone")]), misses])).toBe(false);
    await expect(
      db.batch([...insert("AuditEvent", [rowOf("alone")]), ...insert("AuditEvent", [taken])]),
    ).rejects.toThrow();
    expect(await db.batch(insert("AuditEvent", [rowOf("after")]))).toBe(true);
    expect([await count("alone"), await count("after")]).toEqual([0, 1]);
  });

  it("go beside the client's own writes and transactions", async () => {
    const { db } = store;
    const works = Array.from({ length: 12 }, (_, i) => {
      if (i % 3 === 0) return db.batch(insert("AuditEvent", [rowOf("beside")]));
      if (i % 3 === 1) return db.client.auditEvent.create({ data: rowOf("beside") });
      return db.write(async (tx) => {
        await tx.auditEvent.create({ data: rowOf("beside") });
        await tx.auditEvent.create({ data: rowOf("beside") });
        if (i % 2 === 0) throw new Error("undone");
      });
    });
    const failed = (await Promise.allSettled(works)).filter(({ status }) => status === "rejected");
    expect(failed).toHaveLength(2);
    expect(await count("beside")).toBe(12);
  });

  it.runIf(kind === "postgresql")("give back a connection that dies under them, and say that it passes", async () => {
    await using db = await openDatabase(store.url, { connections: 2 });
    const dies: Statement = { sql: "SELECT pg_terminate_backend(pg_backend_pid())", values: [] };
    const passes = { name: "Failed", code: "INTERNAL", retryable: true };
    for (let i = 0; i < 3; i += 1) await expect(db.batch([dies])).rejects.toMatchObject(passes);
    await expect(db.rows(dies)).rejects.toMatchObject(passes);
    await expect(db.write((tx) => tx.$queryRawUnsafe(dies.sql))).rejects.toMatchObject(passes);
    await expect(
      db.write(async (tx) => {
        await tx.$queryRawUnsafe(dies.sql).catch(() => {});
        await tx.upload.count();
      }),
    ).rejects.toMatchObject(passes);
    await db.ping();
    expect(await db.batch(insert("AuditEvent", [rowOf("outlived")]))).toBe(true);
    expect(await count("outlived")).toBe(1);
  });

  it.runIf(kind === "sqlite")("undo nobody else's work when their commit fails", async () => {
    const { db } = store;
    const behind = () =>
      db.write(async (tx) => {
        await tx.auditEvent.create({ data: rowOf("behind") });
        throw new Error("undone");
      });
    // As SQLite does by itself on a full disk.
    const ended: Statement = { sql: "ROLLBACK", values: [] };
    const batch = db.batch([...insert("AuditEvent", [rowOf("ended")]), ended]);
    const waiting = [behind(), behind()].map((one) => expect(one).rejects.toThrow("undone"));
    await expect(batch).rejects.toThrow(/no transaction/);
    await Promise.all(waiting);
    expect([await count("ended"), await count("behind")]).toEqual([0, 0]);
  });

  it.runIf(kind === "sqlite")("are undone when their commit fails and leaves them open", async () => {
    const { db } = store;
    const late: Statement = { sql: "PRAGMA defer_foreign_keys = ON", values: [] };
    const orphan = insert("EditEvent", [{ editId: "none", seq: 1, kind: "resumed", body: {}, at: later() }]);
    await expect(db.batch([late, ...insert("AuditEvent", [rowOf("open")]), ...orphan])).rejects.toThrow(/FOREIGN KEY/);
    expect(await db.batch(insert("AuditEvent", [rowOf("next")]))).toBe(true);
    expect([await count("open"), await count("next")]).toEqual([0, 1]);
  });
});
