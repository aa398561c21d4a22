import { expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { type Case, findCase, listCases, moveCase, openCase, openReport } from "../../src/store/cases.ts";
import type { Database } from "../../src/store/database.ts";
import { findEdit } from "../../src/store/edits.ts";
import { createImage, markDeleted } from "../../src/store/images.ts";
import { findIncident, incidentStatements, isSealedDigest, listIncidents } from "../../src/store/incidents.ts";
import { countStrikes, findOutcomesByEdits } from "../../src/store/moderation-outcomes.ts";
import { moveEdit, moveStatements } from "../../src/store/move-edit.ts";
import { anAccount, anEdit, byServer, describeEach, later, opened } from "./databases.ts";

async function heldEdit(db: Database): Promise<{ accountId: string; editId: string; held: Case }> {
  const accountId = await anAccount(db);
  const { id: editId } = await anEdit(db, accountId);
  const id = newId(later());
  const cases = [{ id, kind: "HOLD", accountId, stage: "PROMPT", category: "VIOLENCE" }] as const;
  await moveEdit(db, editId, { to: "IN_REVIEW", at: later(), cases });
  return { accountId, editId, held: (await findCase(db, id))! };
}

const picture = {
  kind: "SOURCE",
  digest: "ab".repeat(32),
  contentType: "image/png",
  byteLength: 1,
  width: 1,
  height: 1,
} as const;

const approval = (editId: string) =>
  ({
    from: ["OPEN", "CLAIMED"],
    to: "APPROVED",
    audit: "case.decided",
    decision: { action: "APPROVE", reason: "a film scene" },
    besides: moveStatements(editId, { to: "MODERATING", at: later(), patch: { approvedStages: ["PROMPT"] } }),
  }) as const;

describeEach("cases", (make) => {
  const store = opened(make);

  it("are claimed and decided together with their edit", async () => {
    const { db } = store;
    const { accountId, editId, held } = await heldEdit(db);
    expect(held).toMatchObject({ status: "OPEN", accountId, editId, category: "VIOLENCE", decisions: [] });
    const claim = { from: ["OPEN"], to: "CLAIMED", claimedBy: "moderator", audit: "case.claimed" } as const;
    expect(await moveCase(db, held, claim, byServer())).toBe(true);
    expect(await moveCase(db, held, claim, byServer())).toBe(false);
    const act = { actor: "moderator", at: later() };
    expect(await moveCase(db, held, approval(editId), act)).toBe(true);
    expect(await findEdit(db, editId)).toMatchObject({ status: "MODERATING", approvedStages: ["PROMPT"] });
    const decision = { moderatorId: "moderator", action: "APPROVE", reason: "a film scene", createdAt: act.at };
    const decided = { status: "APPROVED", claimedBy: "moderator", decidedAt: act.at, decisions: [decision] };
    expect(await findCase(db, held.id)).toMatchObject(decided);
    const kinds = await db.client.auditEvent.findMany({ where: { subjectId: held.id }, orderBy: { at: "asc" } });
    expect(kinds.map(({ kind }) => kind)).toEqual(["case.opened", "case.claimed", "case.decided"]);
  });

  it("stay as they are when their edit was moved by another", async () => {
    const { db } = store;
    const { editId, held } = await heldEdit(db);
    await moveEdit(db, editId, { to: "CANCELLED", at: later() });
    expect(await moveCase(db, held, approval(editId), byServer())).toBe(false);
    expect(await findCase(db, held.id)).toMatchObject({ status: "OPEN", decidedAt: null, decisions: [] });
  });

  it("are decided by one of many", async () => {
    const { db } = store;
    const { editId, held } = await heldEdit(db);
    const moved = await Promise.all([1, 2, 3, 4].map(() => moveCase(db, held, approval(editId), byServer())));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect((await findCase(db, held.id))?.decisions).toHaveLength(1);
  });

  it("of one edit are one appeal, however many ask at once, and any number of others", async () => {
    const { db } = store;
    const { accountId, editId } = await heldEdit(db);
    const open = (kind: "APPEAL" | "REPORT" | "HOLD") =>
      openCase(db, { kind, accountId, editId, category: "HATE", statement: "please look" }, byServer());
    const appeals = await Promise.all([1, 2, 3, 4].map(() => open("APPEAL")));
    const [id, ...more] = appeals.filter((one) => one !== undefined);
    expect(more).toEqual([]);
    expect(await open("APPEAL")).toBeUndefined();
    for (const kind of ["REPORT", "REPORT", "HOLD", "HOLD"] as const) expect(await open(kind)).toBeDefined();
    expect(await db.client.case.findMany({ where: { editId, kind: "APPEAL" } })).toMatchObject([{ id }]);
    expect(await db.client.auditEvent.count({ where: { accountId, kind: "case.opened" } })).toBe(6);
  });

  it("of one picture are one report of an account at a time, however many ask at once", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id: imageId } = await createImage(db, { ...picture, accountId }, later());
    const report = () =>
      openReport(db, { kind: "REPORT", accountId, imageId, category: "HATE", statement: "look" }, byServer());
    const reports = await Promise.all([1, 2, 3, 4].map(report));
    const [first] = reports.filter(({ isNew }) => isNew);
    expect(reports.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(reports.map(({ id }) => id))).toEqual(new Set([first!.id]));
    expect(await db.client.auditEvent.count({ where: { accountId, kind: "case.opened" } })).toBe(1);
    const found = (await findCase(db, first!.id))!;
    const reject = { action: "REJECT", reason: "it may be" };
    const decided = { from: ["OPEN"], to: "REJECTED", audit: "case.decided", decision: reject } as const;
    expect(await moveCase(db, found, decided, byServer())).toBe(true);
    expect(await report()).toMatchObject({ isNew: true });
    await markDeleted(db, imageId, byServer());
    await expect(report()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are listed by what they are", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const open = (kind: "APPEAL" | "REPORT", category: "HATE" | "GORE") =>
      openCase(db, { kind, accountId, category, statement: "please look" }, byServer());
    const [appeal, report] = [await open("APPEAL", "HATE"), await open("REPORT", "GORE")];
    const found = async (filter: object) => {
      const page = await listCases(db, { accountId, ...filter }, { first: 10 });
      return page.edges.map(({ node }) => node.id);
    };
    expect(await found({})).toEqual([report, appeal]);
    expect(await found({ kinds: ["APPEAL"] })).toEqual([appeal]);
    const often = { kinds: Array(50_000).fill("APPEAL"), statuses: Array(50_000).fill("OPEN") };
    expect(await found(often)).toEqual([appeal]);
    expect(await found({ category: "GORE" })).toEqual([report]);
    expect(await found({ statuses: ["CLAIMED"] })).toEqual([]);
    await expect(found({ accountId: "a\0b" })).rejects.toMatchObject({ code: "BAD_INPUT" });
  });
});

describeEach("what moderation keeps", (make) => {
  const store = opened(make);

  it("is read back: outcomes by edit, strikes by category, incidents", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id: editId } = await anEdit(db, accountId);
    const base = {
      stage: "PROMPT",
      index: 0,
      filterVersion: "1",
      policyVersion: "1",
      categories: [],
      ms: 1.5,
    } as const;
    const outcomes = [
      { ...base, filter: "rules", verdict: "ALLOW" },
      { ...base, filter: "http", verdict: "REVIEW", trouble: "timed out" },
    ] as const;
    await moveEdit(db, editId, { to: "IN_REVIEW", at: later(), outcomes });
    const found = await findOutcomesByEdits(db, [editId, "none"]);
    expect(found.get(editId)).toHaveLength(2);
    expect(found.get(editId)).toEqual(expect.arrayContaining([...outcomes]));
    expect(found.get("none")).toEqual([]);
    const since = later();
    const strikes = [
      { accountId, category: "HATE" },
      { accountId, category: "GORE" },
    ] as const;
    await moveEdit(db, editId, { to: "REFUSED", at: later(), strikes });
    expect(await countStrikes(db, accountId, since)).toEqual(
      new Map([
        ["HATE", 1],
        ["GORE", 1],
      ]),
    );
    expect(await countStrikes(db, accountId, later())).toEqual(new Map());
    const preservedUntil = later();
    const incident = { accountId, editId, stage: "SOURCE", category: "CSAM", filter: "list", preservedUntil } as const;
    const act = byServer();
    const id = newId(act.at);
    await db.batch(incidentStatements({ ...incident, id, sealedDigest: "ab".repeat(32) }, act));
    expect(await findIncident(db, id)).toMatchObject(incident);
    expect(await isSealedDigest(db, "ab".repeat(32))).toBe(true);
    expect(await isSealedDigest(db, "cd".repeat(32))).toBe(false);
    expect((await listIncidents(db, { first: 1 })).edges.map(({ node }) => node.id)).toEqual([id]);
  });
});
