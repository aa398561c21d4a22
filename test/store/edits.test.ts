import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { newId } from "../../src/core/id.ts";
import type { FilterOutcome, StageVerdict } from "../../src/core/moderation.ts";
import type { ProgressEvent } from "../../src/core/progress.ts";
import type { Recipe } from "../../src/core/recipe.ts";
import {
  type Acceptance,
  acceptEdit,
  editOfKey,
  eventsOf,
  findEdit,
  findEdits,
  listEdits,
  raiseAttempts,
  takeNumbers,
  unfinishedEdits,
} from "../../src/store/edits.ts";
import {
  blockImageStatements,
  createImage,
  findImage,
  findImagesByEdits,
  markDeleted,
  type NewImage,
  unblockImage,
} from "../../src/store/images.ts";
import { type EditMove, moveEdit } from "../../src/store/move-edit.ts";
import { findByWatermark, findProvenance } from "../../src/store/provenance.ts";
import { editsOnDay } from "../../src/store/usage.ts";
import { anAccount, anEdit, byServer, describeEach, later, opened, request } from "./databases.ts";

const queued = (editId: string, seq: number): ProgressEvent => ({
  editId,
  seq,
  at: later().getTime(),
  kind: "queued",
  position: 0,
  etaMs: 1000,
  etaMsMin: 900,
  etaMsMax: 1200,
});

const recipe: Recipe = {
  format: 1,
  request,
  seed: 2 ** 32 - 1,
  sourceDigests: [],
  provider: "cpu",
  precision: "float32",
  versions: {},
  noise: "philox",
  sigmas: "linear",
};

const outcome: FilterOutcome = {
  stage: "PROMPT",
  index: 0,
  filter: "rules",
  filterVersion: "1",
  policyVersion: "2026-11-01",
  verdict: "REFUSE",
  categories: [{ category: "HATE", score: 0.9, threshold: 0.5, verdict: "REFUSE" }],
  ms: 0.25,
};

const verdict: StageVerdict = {
  stage: "PROMPT",
  verdict: "REFUSE",
  category: "HATE",
  score: 0.9,
  threshold: 0.5,
  policyVersion: "2026-11-01",
  appealable: true,
};

const picture = (accountId: string, index: number): NewImage => ({
  accountId,
  kind: "OUTPUT",
  index,
  digest: createHash("sha256").update(newId(later())).digest("hex"),
  contentType: "image/png",
  byteLength: 10,
  width: 4,
  height: 4,
});

describeEach("edits", (make) => {
  const store = opened(make);

  it("are read as they were accepted", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const createdAt = later();
    const id = newId(createdAt);
    const prompt = "make it snow ❄ 'quoted' \\ % _";
    const audit = [{ actor: accountId, kind: "edit.accepted", subjectKind: "edit", subjectId: id, accountId }] as const;
    const { edit, isNew } = await acceptEdit(db, { edit: { id, accountId, prompt, request, createdAt }, audit });
    expect(isNew).toBe(true);
    expect(edit).toMatchObject({ id, accountId, prompt, request, createdAt, status: "MODERATING", eventSeq: 0 });
    expect(await findEdit(db, id)).toEqual(edit);
    expect(await findEdits(db, [id, newId(later())])).toEqual([edit]);
    expect(await eventsOf(db, id)).toEqual([]);
    expect(await db.client.auditEvent.count({ where: { subjectId: id, kind: "edit.accepted" } })).toBe(1);
    expect(await findEdit(db, newId(later()))).toBeUndefined();
  });

  it.each(["a\u0000b", "\ud800", "x\udc00y"])("are refused with text that would not come back: %j", async (text) => {
    const { db } = store;
    const accountId = await anAccount(db);
    const createdAt = later();
    const edit = { id: newId(createdAt), accountId, prompt: text, request, createdAt };
    const negative = { ...edit, prompt: "x", request: { ...request, negativePrompt: text } };
    await expect(acceptEdit(db, { edit, audit: [] })).rejects.toThrow(/^prompt: expected text without NUL/);
    await expect(acceptEdit(db, { edit: negative, audit: [] })).rejects.toThrow(/^negativePrompt: expected text/);
    const asked = editOfKey(db, accountId, { key: text, requestDigest: "aa" });
    await expect(asked).rejects.toThrow(/^idempotencyKey: expected text without NUL/);
    expect((await anEdit(db, accountId, "\ud83d\ude00 ok")).prompt).toBe("😀 ok");
  });

  const acceptance = (accountId: string, requestDigest = "aa"): Acceptance => {
    const createdAt = later();
    return {
      edit: { id: newId(createdAt), accountId, prompt: "x", request, createdAt },
      audit: [],
      idempotency: { key: "mine", requestDigest },
    };
  };

  it("are so many on a day of their account, exactly, however many are sent at once", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const sent = (at: string) => {
      const createdAt = new Date(at);
      const edit = { id: newId(createdAt), accountId, prompt: "x", request, createdAt };
      return acceptEdit(db, { edit, audit: [], editsPerDayMax: 3 });
    };
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => sent("2033-01-31T23:30:00Z")));
    const refused = answers.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toHaveLength(5);
    for (const one of refused) expect(one).toMatchObject({ code: "QUOTA_EXCEEDED", retryAfterMs: 30 * 60_000 });
    expect(refused[0].message).toBe(
      "the account has handed in its 3 edits of this day (UTC); more from 2033-02-01T00:00:00.000Z",
    );
    expect(await db.client.edit.count({ where: { accountId } })).toBe(3);
    expect(await editsOnDay(db, accountId, new Date("2033-01-31"))).toBe(3);
    expect((await sent("2033-02-01T00:00:00Z")).isNew).toBe(true);
    // What another account hands in does not count.
    expect((await acceptEdit(db, { ...acceptance(await anAccount(db)), editsPerDayMax: 1 })).isNew).toBe(true);
  });

  it("are not accepted once a picture that they name is deleted or blocked", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const [source, mask] = [
      await createImage(db, { ...picture(accountId, 0), kind: "SOURCE" }, later()),
      await createImage(db, { ...picture(accountId, 0), kind: "MASK" }, later()),
    ];
    const { edit } = acceptance(accountId);
    const named = { ...edit, request: { ...request, imageIds: [source.id, source.id], maskId: mask.id } };
    const accept = () => acceptEdit(db, { edit: { ...named, id: newId(later()) }, audit: [] });
    expect((await accept()).isNew).toBe(true);
    await db.batch(blockImageStatements(source, "a match", byServer()));
    await expect(accept()).rejects.toMatchObject({ code: "CONTENT_REFUSED" });
    await unblockImage(db, source, "no match", byServer());
    await markDeleted(db, mask.id, byServer());
    await expect(accept()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await db.client.edit.count({ where: { accountId } })).toBe(1);
    expect((await findImage(db, mask.id))?.deletedAt).not.toBeNull();
  });

  describe("with an idempotency key", () => {
    it("are the same again when the day's edits are used up", async () => {
      const accountId = await anAccount(store.db);
      const wish = { ...acceptance(accountId), editsPerDayMax: 1 };
      const first = await acceptEdit(store.db, wish);
      const again = { ...wish, edit: { ...wish.edit, id: newId(later()) } };
      expect(await acceptEdit(store.db, again)).toEqual({ edit: first.edit, isNew: false });
      const other = { ...again, idempotency: { key: "another", requestDigest: "aa" } };
      await expect(acceptEdit(store.db, other)).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    });

    it("are accepted once", async () => {
      const accountId = await anAccount(store.db);
      const first = await acceptEdit(store.db, acceptance(accountId));
      const second = await acceptEdit(store.db, acceptance(accountId));
      expect(second).toEqual({ edit: first.edit, isNew: false });
      const other = acceptEdit(store.db, acceptance(accountId, "bb"));
      await expect(other).rejects.toMatchObject({ constructor: Refused, code: "IDEMPOTENCY_MISMATCH" });
      expect((await acceptEdit(store.db, acceptance(await anAccount(store.db), "bb"))).isNew).toBe(true);
    });

    it("are accepted once when sent many times at once", async () => {
      const accountId = await anAccount(store.db);
      const answers = await Promise.all(Array.from({ length: 8 }, () => acceptEdit(store.db, acceptance(accountId))));
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(answers.map(({ edit }) => edit.id)).size).toBe(1);
    });
  });

  it("move with all that belongs to the move", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id } = await anEdit(db, accountId);
    const at = later();
    const move: EditMove = {
      to: "REFUSED",
      at,
      patch: { verdict, finishedAt: at, approvedStages: ["PROMPT"], eventSeq: 7 },
      events: [{ editId: id, seq: 1, at: at.getTime(), kind: "moderated", status: "REFUSED", verdict }],
      outcomes: [outcome],
      strikes: [{ accountId, category: "HATE" }],
      cases: [{ kind: "APPEAL", accountId, category: "HATE", stage: "PROMPT" }],
      audit: [{ actor: "server", kind: "edit.moved", subjectKind: "edit", subjectId: id, accountId }],
    };
    expect(await moveEdit(db, id, move)).toBe(true);
    const edit = await findEdit(db, id);
    expect(edit).toMatchObject({ status: "REFUSED", verdict, finishedAt: at, approvedStages: ["PROMPT"], eventSeq: 7 });
    expect(await eventsOf(db, id)).toEqual(move.events);
    expect(await db.client.moderationOutcome.findMany({ where: { editId: id } })).toMatchObject([
      { ...outcome, trouble: null },
    ]);
    expect(await db.client.strike.count({ where: { editId: id } })).toBe(1);
    expect(await db.client.case.findMany({ where: { editId: id } })).toMatchObject([
      { status: "OPEN", kind: "APPEAL" },
    ]);
    expect(await moveEdit(db, id, { to: "MODERATING", at: later(), patch: { verdict: null } })).toBe(true);
    expect(await findEdit(db, id)).toMatchObject({ status: "MODERATING", verdict: null });
    // A second refusal of the same kind is no second strike.
    expect(await moveEdit(db, id, { to: "REFUSED", at: later(), strikes: move.strikes! })).toBe(true);
    expect(await db.client.strike.count({ where: { editId: id } })).toBe(1);
  });

  it("write nothing when they cannot move", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id } = await anEdit(db, accountId);
    const at = later();
    const move: EditMove = {
      to: "SUCCEEDED",
      at,
      events: [queued(id, 1)],
      images: [picture(accountId, 0)],
      outcomes: [outcome],
      patch: { finishedAt: at },
      audit: [{ actor: "server", kind: "edit.moved", subjectKind: "edit", subjectId: id }],
    };
    expect(await moveEdit(db, id, move)).toBe(false);
    expect(await findEdit(db, id)).toMatchObject({ status: "MODERATING", finishedAt: null, eventSeq: 0 });
    expect(await eventsOf(db, id)).toEqual([]);
    expect((await findImagesByEdits(db, [id])).get(id)).toEqual([]);
    expect(await db.client.auditEvent.count({ where: { subjectId: id } })).toBe(0);
  });

  it("keep nothing of a move whose last part fails", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id } = await anEdit(db, accountId);
    const at = later();
    const twice = [picture(accountId, 0), picture(accountId, 0)];
    await expect(moveEdit(db, id, { to: "QUEUED", at, events: [queued(id, 1)], images: twice })).rejects.toThrow();
    expect(await findEdit(db, id)).toMatchObject({ status: "MODERATING", eventSeq: 0 });
    expect(await eventsOf(db, id)).toEqual([]);
  });

  it("end once, however many try", async () => {
    const { db } = store;
    const { id } = await anEdit(db, await anAccount(db));
    const ends = ["CANCELLED", "FAILED", "EXPIRED", "CANCELLED", "FAILED"] as const;
    const moved = await Promise.all(ends.map((to) => moveEdit(db, id, { to, at: later() })));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect((await findEdit(db, id))?.status).toBe(ends[moved.indexOf(true)]);
  });

  it("keep provenance with ids of 32 bits", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { id } = await anEdit(db, accountId);
    for (const to of ["QUEUED", "RUNNING", "FINISHING"] as const) {
      expect(await moveEdit(db, id, { to, at: later() })).toBe(true);
    }
    const at = later();
    const images = [1, 0].map((index) => ({ ...picture(accountId, index), id: newId(at) }));
    const provenance = images.map(({ id: imageId, index }) => ({
      index: index!,
      imageId,
      recipe,
      pixelsDigest: "00",
      watermarkId: 2 ** 32 - 1 - index!,
    }));
    expect(await moveEdit(db, id, { to: "SUCCEEDED", at, images, provenance })).toBe(true);
    expect((await findImagesByEdits(db, [id])).get(id)?.map(({ index }) => index)).toEqual([0, 1]);
    const { imageId, watermarkId } = provenance[1]!;
    expect(await findProvenance(db, imageId)).toMatchObject(provenance[1]!);
    expect(await findByWatermark(db, watermarkId)).toEqual([imageId]);
  });

  it("are listed by account, status, time and text, newest first", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const prompts = ["Snow on the roof", "a red car", "50% snow", "50 percent", "under_score", "back\\slash"];
    const edits = [];
    for (const prompt of prompts) edits.push(await anEdit(db, accountId, prompt));
    await moveEdit(db, edits[1]!.id, { to: "CANCELLED", at: later() });
    const found = async (filter: object) => {
      const page = await listEdits(db, { accountId, ...filter }, { first: 100 });
      return page.edges.map(({ node }) => node.prompt);
    };
    expect(await found({})).toEqual(prompts.toReversed());
    expect(await found({ text: "snow" })).toEqual(["50% snow", "Snow on the roof"]);
    expect(await found({ text: "50%snow" })).toEqual(["50% snow"]);
    expect(await found({ text: "r_s" })).toEqual(["under_score"]);
    expect(await found({ text: "back\\slash" })).toEqual(["back\\slash"]);
    expect(await found({ statuses: ["CANCELLED", "FAILED"] })).toEqual(["a red car"]);
    const [createdFrom, createdBefore] = [edits[1]!.createdAt, edits[3]!.createdAt];
    expect(await found({ createdFrom, createdBefore })).toEqual(["50% snow", "a red car"]);
    const unfinished = (await unfinishedEdits(db)).filter((edit) => edit.accountId === accountId);
    expect(unfinished.map(({ prompt }) => prompt)).toEqual(prompts.toSpliced(1, 1));
  });

  it("count events and attempts", async () => {
    const { db } = store;
    const { id } = await anEdit(db, await anAccount(db));
    await moveEdit(db, id, { to: "QUEUED", at: later(), events: [queued(id, 1), queued(id, 2)] });
    await moveEdit(db, id, { to: "RUNNING", at: later(), events: [queued(id, 5)] });
    expect((await findEdit(db, id))?.eventSeq).toBe(5);
    expect((await eventsOf(db, id)).map(({ seq }) => seq)).toEqual([1, 2, 5]);
    expect(await takeNumbers(db, id, 9)).toBe(true);
    // Two pictures of one edit that lost the engine once each: it died once for each, not twice for one.
    for (const attempts of [1, 1, 2, 1]) await raiseAttempts(db, id, attempts);
    expect(await findEdit(db, id)).toMatchObject({ eventSeq: 9, attempts: 2 });
    await moveEdit(db, id, { to: "FAILED", at: later() });
    expect(await takeNumbers(db, id, 20)).toBe(false);
    expect((await unfinishedEdits(db)).some((edit) => edit.id === id)).toBe(false);
  });
});
