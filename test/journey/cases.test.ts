import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CancelEditDocument,
  EditDocument,
  ImportHashListDocument,
  OneEditDocument,
  ReportImageDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { findCase } from "../../src/store/cases.ts";
import { blockImageStatements, findImage, unblockImage } from "../../src/store/images.ts";
import { justBefore } from "../support/just-before.ts";
import { ModeratedServer, send, until } from "../support/moderated-server.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

let stand: ModeratedServer;
let server: TestServer;
let moderator: Client;
let second: Client;
beforeAll(async () => {
  stand = await ModeratedServer.start();
  ({ server, moderator, second } = stand);
});
afterAll(() => stand?.[Symbol.asyncDispose]());

/** An edit whose result waits for a person, and what it is when it is asked for. */
async function held() {
  const own = await stand.author();
  const id = await send(own, "make it night");
  await until(own.client, id, "IN_REVIEW");
  const edit = async () => (await own.client.ask(OneEditDocument, { id })).edit!;
  return { own, id, caseId: (await stand.caseOf(id)).id, edit, status: async () => (await edit()).status };
}

describe("an output that a person must see", () => {
  it("is held, and delivered once it is approved", async () => {
    const own = await stand.author();
    const id = await send(own, "make it night");
    expect(await until(own.client, id, "IN_REVIEW")).toContain("IN_REVIEW");
    expect((await own.client.ask(OneEditDocument, { id })).edit).toMatchObject({
      images: [],
      verdict: { stage: "OUTPUT" },
    });
    const { id: caseId, kind } = await stand.caseOf(id);
    expect(kind).toBe("HOLD");
    const decided = await moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "harmless" });
    expect(decided.resolveCase).toMatchObject({ status: "APPROVED", decisions: [{ action: "APPROVE" }] });
    expect(await until(own.client, id, "SUCCEEDED")).toContain("SUCCEEDED");
    const { edit } = await own.client.ask(OneEditDocument, { id });
    expect((await fetch(edit!.images[0]!.url!)).status).toBe(200);
    expect(await stand.audited(id)).toEqual(expect.arrayContaining(["edit.accepted", "edit.moved", "moderation.held"]));
    expect(await stand.audited(caseId)).toContain("case.decided");
  });

  it("is not let out while a picture that it was made of is blocked", async () => {
    const { own, caseId, status } = await held();
    const { db } = server.server.services;
    const image = (await findImage(db, own.imageId))!;
    await db.batch(blockImageStatements(image, "a match", { actor: "server", at: new Date() }));
    const approve = () => moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "fine" });
    await expect(approve()).rejects.toMatchObject({ code: "CONTENT_REFUSED" });
    expect(await status()).toBe("IN_REVIEW");
    await unblockImage(db, image, "no match", { actor: "server", at: new Date() });
    await approve();
    expect(await status()).toBe("SUCCEEDED");
  });

  it("is not let out where such a picture is blocked in the very instant", async () => {
    const { own, caseId, status } = await held();
    const { db } = server.server.services;
    const image = (await findImage(db, own.imageId))!;
    justBefore(db, "SUCCEEDED", () =>
      db.batch(blockImageStatements(image, "a match", { actor: "server", at: new Date() })),
    );
    const approving = moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "fine" });
    await expect(approving).rejects.toMatchObject({ code: "CONTENT_REFUSED" });
    expect(await status()).toBe("IN_REVIEW");
    expect(await findCase(db, caseId)).toMatchObject({ status: "OPEN", decisions: [] });
  });

  it("is not shown in previews before", async () => {
    const { client, imageId } = await stand.author();
    const { edit } = await client.ask(EditDocument, {
      input: { prompt: "make it night", images: [{ imageId }], steps: 100 },
    });
    const previews: unknown[] = [];
    for await (const event of client.progress(edit.id, true)) {
      if (event.__typename === "StepEvent") previews.push(event.preview);
      if (event.status === "IN_REVIEW") break;
    }
    // Who comes late, or is behind, is told of the latest step alone: so many steps that some are still to come.
    expect(previews.length).toBeGreaterThan(0);
    expect(new Set(previews)).toEqual(new Set([null]));
  });

  it("is refused when it is rejected, and its bytes are gone", async () => {
    const { id, caseId, edit } = await held();
    await moderator.ask(ResolveCaseDocument, { id: caseId, action: "REJECT", reason: "no" });
    expect(await edit()).toMatchObject({ status: "REFUSED", images: [] });
    const [image] = await server.server.services.db.client.image.findMany({ where: { editId: id } });
    expect(image).toMatchObject({ kind: "HELD", deletedAt: expect.any(Date) });
    await expect(
      moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "after all" }),
    ).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("needs a second person once it is escalated", async () => {
    const { caseId, status } = await held();
    await moderator.ask(ResolveCaseDocument, { id: caseId, action: "ESCALATE", reason: "not sure" });
    await expect(
      moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "sure now" }),
    ).rejects.toMatchObject({ code: "FORBIDDEN" });
    await second.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "fine" });
    expect(await status()).toBe("SUCCEEDED");
  });
});

describe("a decision", () => {
  it("of two at once is one, and the edit follows it", async () => {
    const { id, caseId, status } = await held();
    const outcomes = await Promise.allSettled([
      moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "fine" }),
      second.ask(ResolveCaseDocument, { id: caseId, action: "REJECT", reason: "no" }),
    ]);
    const [refused] = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    expect(refused).toMatchObject({ code: "BAD_INPUT" });
    const { status: decided, decisions } = (await findCase(server.server.services.db, caseId))!;
    expect(decisions).toHaveLength(1);
    expect(await status()).toBe(decided === "APPROVED" ? "SUCCEEDED" : "REFUSED");
    const [move] = (await listAuditEvents(server.server.services.db, { subjectId: id }, { first: 1 })).edges;
    expect(move?.node.kind).toBe(decided === "APPROVED" ? "edit.moved" : "moderation.refused");
  });

  it.each(["APPROVE", "REJECT"] as const)(
    "to %s what its account has called off leaves the edit as it is",
    async (action) => {
      const { own, id, caseId, status } = await held();
      await own.client.ask(CancelEditDocument, { id });
      const { resolveCase } = await moderator.ask(ResolveCaseDocument, { id: caseId, action, reason: "too late" });
      expect(resolveCase).toMatchObject({ decisions: [{ action }] });
      expect(await status()).toBe("CANCELLED");
    },
  );
});

describe("a decision that the database breaks off in the middle", () => {
  /** Fails as a full disk would, after the case and before what follows from it, until it is mended. */
  async function breakOff(column: "deletedAt" | "blockedAt"): Promise<() => Promise<unknown>> {
    const { client } = server.server.services.db;
    await client.$executeRawUnsafe(
      `CREATE TRIGGER "broken" BEFORE UPDATE OF "${column}" ON "Image" BEGIN SELECT RAISE(ABORT, 'broken off'); END`,
    );
    return () => client.$executeRawUnsafe('DROP TRIGGER "broken"');
  }

  async function broken(column: "deletedAt" | "blockedAt", work: () => Promise<unknown>): Promise<void> {
    const mend = await breakOff(column);
    await expect(work()).rejects.toMatchObject({ code: "INTERNAL" });
    await mend();
  }

  const openCase = { status: "OPEN", decidedAt: null, decisions: [] };
  const imageOf = (where: object) => server.server.services.db.client.image.findFirst({ where });

  it("leaves a held result, its edit and its case as they were, and can be made again", async () => {
    const { id, caseId, status } = await held();
    const reject = () => moderator.ask(ResolveCaseDocument, { id: caseId, action: "REJECT", reason: "no" });
    await broken("deletedAt", reject);
    expect(await findCase(server.server.services.db, caseId)).toMatchObject(openCase);
    expect(await status()).toBe("IN_REVIEW");
    const image = await imageOf({ editId: id });
    expect(image).toMatchObject({ kind: "HELD", deletedAt: null });
    const { storage } = server.server.services;
    expect(await storage.stat(image!.digest)).toBeDefined();
    expect(await stand.audited(caseId)).toEqual(["case.opened"]);
    await reject();
    expect(await status()).toBe("REFUSED");
    expect(await imageOf({ editId: id })).toMatchObject({ deletedAt: expect.any(Date) });
    expect(await storage.stat(image!.digest)).toBeUndefined();
    expect(await stand.audited(image!.id)).toEqual(["image.deleted"]);
  });

  it("leaves a source that is known as it was, and the edit with it", async () => {
    const own = await stand.author();
    const { db, storage } = server.server.services;
    const stored = async () =>
      (await readdir(join(server.dataFolder, "images"), { recursive: true })).filter((name) =>
        /[0-9a-f]{64}$/.test(name),
      );
    const file = await pictureFile({ width: 64, height: 48 }, 79);
    const imageId = await own.client.upload(file);
    const sha256 = createHash("sha256").update(file).digest("hex");
    const list = { name: "worst", category: "CSAM", source: "test", format: "csv", replace: true } as const;
    const text = `type,hash\nsha256,${sha256}\n`;
    await server.client.ask(ImportHashListDocument, { input: { ...list, text } });
    const mend = await breakOff("blockedAt");
    const before = await stored();
    const id = await send({ ...own, imageId }, "make it night");
    await until(own.client, id, "FAILED");
    expect((await own.client.ask(OneEditDocument, { id })).edit?.status).toBe("FAILED");
    expect(await db.client.incident.count({ where: { editId: id } })).toBe(0);
    expect(await stand.audited(id)).not.toContain("moderation.refused");
    expect(await stored()).toEqual(before);
    await mend();
    const again = await send({ ...own, imageId }, "make it night");
    await until(own.client, again, "REFUSED");
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: expect.any(Date) });
    const incidents = await db.client.incident.findMany({ where: { editId: again } });
    expect(incidents).toMatchObject([{ imageId, sha256 }]);
    expect(await storage.stat(incidents[0]!.sealedDigest!)).toBeDefined();
  });

  it("leaves a report and its picture as they were, and can be made again", async () => {
    const { client, imageId } = await stand.author();
    const { reportImage } = await client.ask(ReportImageDocument, { id: imageId, category: "HATE", statement: "bad" });
    const { id } = reportImage;
    const uphold = () => moderator.ask(ResolveCaseDocument, { id, action: "APPROVE", reason: "it is" });
    await broken("blockedAt", uphold);
    expect(await findCase(server.server.services.db, id)).toMatchObject(openCase);
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: null });
    expect(await stand.audited(id)).toEqual(["case.opened"]);
    await uphold();
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: expect.any(Date) });
    // A second report of a picture that is blocked already changes its case alone.
    const again = await client.ask(ReportImageDocument, { id: imageId, category: "GORE", statement: "still" });
    const second = { id: again.reportImage.id, action: "APPROVE", reason: "it is" } as const;
    expect((await moderator.ask(ResolveCaseDocument, second)).resolveCase.status).toBe("APPROVED");
    expect((await stand.audited(imageId)).filter((kind) => kind === "image.blocked")).toHaveLength(1);
  });
});
