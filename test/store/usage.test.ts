import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import { sumOf, usageByAccount, usageOf } from "../../src/store/usage.ts";
import { anAccount, anEdit, describeEach, later, opened } from "./databases.ts";

const ever = { from: new Date("2020-01-01"), before: new Date("2100-01-01") };

describeEach("usage", (make) => {
  const store = opened(make);

  it("is counted with the moves of edits, by day, and never for a move that was not made", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const [first, second] = [await anEdit(db, accountId), await anEdit(db, accountId)];
    const day = new Date("2031-05-06T23:59:59.999Z");
    const next = new Date("2031-05-07T00:00:00.000Z");
    const refused = { to: "REFUSED", usage: { accountId, refused: 1, engineMs: 0 } } as const;
    expect(await moveEdit(db, first.id, { ...refused, at: day })).toBe(true);
    expect(await moveEdit(db, first.id, { ...refused, at: day })).toBe(false);
    const usage = { accountId, cancelled: 1, engineMs: 12.5 };
    expect(await moveEdit(db, second.id, { to: "CANCELLED", at: next, usage })).toBe(true);
    const days = await usageOf(db, accountId, ever);
    expect(days.slice(-2)).toMatchObject([
      { day: new Date("2031-05-06"), refused: 1, cancelled: 0, engineMs: 0 },
      { day: new Date("2031-05-07"), refused: 0, cancelled: 1, engineMs: 12.5 },
    ]);
    expect(sumOf(days)).toMatchObject({ edits: 2, refused: 1, cancelled: 1, succeeded: 0 });
    expect(await usageOf(db, accountId, { from: day, before: next })).toEqual([]);
    expect(await usageOf(db, accountId, { from: new Date("2031-05-06"), before: next })).toHaveLength(1);
  });

  it("is listed by account, the longest users of the engine first", async () => {
    const { db } = store;
    for (const engineMs of [5, 50]) {
      const accountId = await anAccount(db);
      const { id } = await anEdit(db, accountId);
      await moveEdit(db, id, {
        to: "CANCELLED",
        at: new Date("2032-02-03"),
        usage: { accountId, cancelled: 1, engineMs },
      });
    }
    const period = { from: new Date("2032-02-03"), before: new Date("2032-02-04") };
    const all = await usageByAccount(db, period, 10);
    expect(all.map(({ engineMs }) => engineMs)).toEqual([50, 5]);
    expect(await usageByAccount(db, period, 1)).toEqual(all.slice(0, 1));
  });

  it("of a database that counted nothing yet is counted from its edits", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const at = later();
    const { id } = await anEdit(db, accountId);
    for (const to of ["QUEUED", "RUNNING", "FINISHING"] as const) await moveEdit(db, id, { to, at });
    const image = { id: newId(at), accountId, kind: "OUTPUT", digest: "00", contentType: "image/png" } as const;
    const images = [{ ...image, byteLength: 1, width: 1, height: 1, index: 0 }];
    await moveEdit(db, id, { to: "SUCCEEDED", at, images });
    await anEdit(db, accountId);
    await db.client.usage.deleteMany();
    const file = join("prisma", db.kind, "migrations", "0002_audit_usage", "migration.sql");
    const sql = readFileSync(file, "utf8");
    await db.client.$executeRawUnsafe(sql.slice(sql.indexOf("INSERT INTO")).replace(/;\s*$/, ""));
    const days = await usageOf(db, accountId, ever);
    expect(sumOf(days)).toMatchObject({ edits: 2, succeeded: 1, pictures: 1, refused: 0, engineMs: 0 });
    // Counting goes on in the same rows.
    await anEdit(db, accountId);
    expect(await usageOf(db, accountId, ever)).toHaveLength(days.length);
  });
});
