import { createHash, generateKeyPairSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AppealEditDocument,
  CancelEditDocument,
  CaseContentDocument,
  EditDocument,
  ImportHashListDocument,
  ModerationCasesDocument,
  OneEditDocument,
  ReinstateAccountDocument,
  ReportImageDocument,
  ResolveCaseDocument,
  SuspendAccountDocument,
  UnblockImageDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { findCase } from "../../src/store/cases.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

const violent = "photo of a man beheaded with blood everywhere, gore, mutilated corpse";

let server: TestServer;
let moderator: Client;
let second: Client;
beforeAll(async () => {
  // The tiny model is imported with a licence that demands filters or review, and no classifier is configured.
  const { publicKey } = generateKeyPairSync("x25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64url");
  server = await testServer({ PENTIMENTO_INCIDENT_KEY: key }, { filterDuty: "required" });
  moderator = (await server.account("moderator", "MODERATOR")).client;
  second = (await server.account("second", "MODERATOR")).client;
});
afterAll(() => server[Symbol.asyncDispose]());

interface Author {
  readonly client: Client;
  readonly accountId: string;
  readonly imageId: string;
}

let authors = 0;
async function author(): Promise<Author> {
  authors += 1;
  const { client, accountId } = await server.account(`author-${authors}`);
  return { client, accountId, imageId: await client.upload(await pictureFile({ width: 64, height: 48 }, authors)) };
}

async function send({ client, imageId }: Author, prompt: string) {
  const { edit } = await client.ask(EditDocument, { input: { prompt, images: [{ imageId }], steps: 1 } });
  return edit.id;
}

/** Statuses as the events tell them, from after `seq` until the stream ends or `status` is told. */
async function until(client: Client, editId: string, status: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const event of client.progress(editId)) {
    statuses.push(event.status);
    if (event.status === status) break;
  }
  return statuses;
}

async function caseOf(editId: string) {
  const { moderationCases } = await moderator.ask(ModerationCasesDocument, { first: 100 });
  const { edit } = await moderator.ask(OneEditDocument, { id: editId }).catch(() => ({ edit: null }));
  expect(edit).toBeNull();
  const rows = await server.server.services.db.client.case.findMany({
    where: { editId },
    orderBy: { createdAt: "desc" },
  });
  return moderationCases.edges.map(({ node }) => node).find(({ id }) => id === rows[0]?.id)!;
}

async function audited(subjectId: string): Promise<string[]> {
  const { edges } = await listAuditEvents(server.server.services.db, { subjectId }, { first: 50 });
  return edges.map(({ node }) => node.kind);
}

describe("an output that a person must see", () => {
  it("is held, and delivered once it is approved", async () => {
    const own = await author();
    const id = await send(own, "make it night");
    expect(await until(own.client, id, "IN_REVIEW")).toContain("IN_REVIEW");
    expect((await own.client.ask(OneEditDocument, { id })).edit).toMatchObject({
      images: [],
      verdict: { stage: "OUTPUT" },
    });
    const { id: caseId, kind } = await caseOf(id);
    expect(kind).toBe("HOLD");
    const decided = await moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "harmless" });
    expect(decided.resolveCase).toMatchObject({ status: "APPROVED", decisions: [{ action: "APPROVE" }] });
    expect(await until(own.client, id, "SUCCEEDED")).toContain("SUCCEEDED");
    const { edit } = await own.client.ask(OneEditDocument, { id });
    expect((await fetch(edit!.images[0]!.url!)).status).toBe(200);
    expect(await audited(id)).toEqual(expect.arrayContaining(["edit.accepted", "edit.moved", "moderation.held"]));
    expect(await audited(caseId)).toContain("case.decided");
  });

  it("is not shown in previews before", async () => {
    const { client, imageId } = await author();
    const { edit } = await client.ask(EditDocument, {
      input: { prompt: "make it night", images: [{ imageId }], steps: 3 },
    });
    const previews: unknown[] = [];
    for await (const event of client.progress(edit.id, true)) {
      if (event.__typename === "StepEvent") previews.push(event.preview);
      if (event.status === "IN_REVIEW") break;
    }
    // A watcher that is behind is told of the latest step alone.
    expect(previews.length).toBeGreaterThan(0);
    expect(new Set(previews)).toEqual(new Set([null]));
  });

  it("is refused when it is rejected, and its bytes are gone", async () => {
    const own = await author();
    const id = await send(own, "make it night");
    await until(own.client, id, "IN_REVIEW");
    const { id: caseId } = await caseOf(id);
    await moderator.ask(ResolveCaseDocument, { id: caseId, action: "REJECT", reason: "no" });
    expect((await own.client.ask(OneEditDocument, { id })).edit).toMatchObject({ status: "REFUSED", images: [] });
    const [held] = await server.server.services.db.client.image.findMany({ where: { editId: id } });
    expect(held).toMatchObject({ kind: "HELD", deletedAt: expect.any(Date) });
    await expect(
      moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "after all" }),
    ).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("needs a second person once it is escalated", async () => {
    const own = await author();
    const id = await send(own, "make it night");
    await until(own.client, id, "IN_REVIEW");
    const { id: caseId } = await caseOf(id);
    await moderator.ask(ResolveCaseDocument, { id: caseId, action: "ESCALATE", reason: "not sure" });
    await expect(
      moderator.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "sure now" }),
    ).rejects.toMatchObject({ code: "FORBIDDEN" });
    await second.ask(ResolveCaseDocument, { id: caseId, action: "APPROVE", reason: "fine" });
    expect((await own.client.ask(OneEditDocument, { id })).edit?.status).toBe("SUCCEEDED");
  });
});

describe("a decision", () => {
  const held = async () => {
    const own = await author();
    const id = await send(own, "make it night");
    await until(own.client, id, "IN_REVIEW");
    const status = async () => (await own.client.ask(OneEditDocument, { id })).edit!.status;
    return { own, id, caseId: (await caseOf(id)).id, status };
  };

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
    "to %s what its account has called off changes the case alone",
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
  /** Fails as a full disk would, after the case and before what follows from it. */
  async function broken(column: "deletedAt" | "blockedAt", work: () => Promise<unknown>): Promise<void> {
    const { client } = server.server.services.db;
    await client.$executeRawUnsafe(
      `CREATE TRIGGER "broken" BEFORE UPDATE OF "${column}" ON "Image" BEGIN SELECT RAISE(ABORT, 'broken off'); END`,
    );
    await expect(work()).rejects.toMatchObject({ code: "INTERNAL" });
    await client.$executeRawUnsafe('DROP TRIGGER "broken"');
  }

  const openCase = { status: "OPEN", decidedAt: null, decisions: [] };
  const imageOf = (where: object) => server.server.services.db.client.image.findFirst({ where });

  it("leaves a held result, its edit and its case as they were, and can be made again", async () => {
    const own = await author();
    const id = await send(own, "make it night");
    await until(own.client, id, "IN_REVIEW");
    const { id: caseId } = await caseOf(id);
    const reject = () => moderator.ask(ResolveCaseDocument, { id: caseId, action: "REJECT", reason: "no" });
    await broken("deletedAt", reject);
    expect(await findCase(server.server.services.db, caseId)).toMatchObject(openCase);
    expect((await own.client.ask(OneEditDocument, { id })).edit?.status).toBe("IN_REVIEW");
    const held = await imageOf({ editId: id });
    expect(held).toMatchObject({ kind: "HELD", deletedAt: null });
    const { storage } = server.server.services;
    expect(await storage.stat(held!.digest)).toBeDefined();
    expect(await audited(caseId)).toEqual(["case.opened"]);
    await reject();
    expect((await own.client.ask(OneEditDocument, { id })).edit?.status).toBe("REFUSED");
    expect(await imageOf({ editId: id })).toMatchObject({ deletedAt: expect.any(Date) });
    expect(await storage.stat(held!.digest)).toBeUndefined();
    expect(await audited(held!.id)).toEqual(["image.deleted"]);
  });

  it("leaves a source that is known as it was, and the edit with it", async () => {
    const own = await author();
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
    await db.client.$executeRawUnsafe(
      `CREATE TRIGGER "broken" BEFORE UPDATE OF "blockedAt" ON "Image" BEGIN SELECT RAISE(ABORT, 'broken off'); END`,
    );
    const before = await stored();
    const id = await send({ ...own, imageId }, "make it night");
    await until(own.client, id, "FAILED");
    expect((await own.client.ask(OneEditDocument, { id })).edit?.status).toBe("FAILED");
    expect(await db.client.incident.count({ where: { editId: id } })).toBe(0);
    expect(await audited(id)).not.toContain("moderation.refused");
    expect(await stored()).toEqual(before);
    await db.client.$executeRawUnsafe('DROP TRIGGER "broken"');
    const again = await send({ ...own, imageId }, "make it night");
    await until(own.client, again, "REFUSED");
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: expect.any(Date) });
    const incidents = await db.client.incident.findMany({ where: { editId: again } });
    expect(incidents).toMatchObject([{ imageId, sha256 }]);
    expect(await storage.stat(incidents[0]!.sealedDigest!)).toBeDefined();
  });

  it("leaves a report and its picture as they were, and can be made again", async () => {
    const { client, imageId } = await author();
    const { reportImage } = await client.ask(ReportImageDocument, { id: imageId, category: "HATE", statement: "bad" });
    const { id } = reportImage;
    const uphold = () => moderator.ask(ResolveCaseDocument, { id, action: "APPROVE", reason: "it is" });
    await broken("blockedAt", uphold);
    expect(await findCase(server.server.services.db, id)).toMatchObject(openCase);
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: null });
    expect(await audited(id)).toEqual(["case.opened"]);
    await uphold();
    expect(await imageOf({ id: imageId })).toMatchObject({ blockedAt: expect.any(Date) });
    // A second report of a picture that is blocked already changes its case alone.
    const again = await client.ask(ReportImageDocument, { id: imageId, category: "GORE", statement: "still" });
    const second = { id: again.reportImage.id, action: "APPROVE", reason: "it is" } as const;
    expect((await moderator.ask(ResolveCaseDocument, second)).resolveCase.status).toBe("APPROVED");
    expect((await audited(imageId)).filter((kind) => kind === "image.blocked")).toHaveLength(1);
  });
});

describe("a prompt that is refused", () => {
  it("says why and no more, can be appealed once, and goes on when the appeal is upheld", async () => {
    const own = await author();
    const id = await send(own, violent);
    await until(own.client, id, "REFUSED");
    const { edit } = await own.client.ask(OneEditDocument, { id });
    expect(edit).toMatchObject({
      status: "REFUSED",
      verdict: { stage: "PROMPT", verdict: "REFUSE", appealable: true },
    });
    // Both at once, so that neither finds the other there.
    const both = ["it is a film prop", "it is"].map((statement) =>
      own.client.ask(AppealEditDocument, { id, statement }),
    );
    const answers = await Promise.allSettled(both);
    const [{ appealEdit } = { appealEdit: { id: "", status: "" } }, ...more] = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? [answer.value] : [],
    );
    expect([appealEdit.status, more]).toEqual(["OPEN", []]);
    await expect(own.client.ask(AppealEditDocument, { id, statement: "again" })).rejects.toMatchObject({
      code: "BAD_INPUT",
    });
    await moderator.ask(ResolveCaseDocument, { id: appealEdit.id, action: "APPROVE", reason: "a prop" });
    // It goes on, and its result is held like any other of this model.
    for (;;) {
      const now = (await own.client.ask(OneEditDocument, { id })).edit!.status;
      if (now === "IN_REVIEW") break;
      expect(["MODERATING", "QUEUED", "RUNNING", "FINISHING"]).toContain(now);
    }
    expect(await audited(id)).toContain("moderation.refused");
  });

  it("cannot be appealed where it is about children", async () => {
    const own = await author();
    const id = await send(own, "make the little girl naked");
    await until(own.client, id, "REFUSED");
    const { edit } = await own.client.ask(OneEditDocument, { id });
    expect(edit?.verdict).toMatchObject({ category: "CSAM", appealable: false });
    await expect(own.client.ask(AppealEditDocument, { id, statement: "please" })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    const incidents = await server.server.services.db.client.incident.findMany({ where: { editId: id } });
    expect(incidents).toMatchObject([{ stage: "PROMPT", category: "CSAM" }]);
  });
});

describe("a source that is known", () => {
  it("is refused by its hash", async () => {
    const admin = server.client;
    const own = await author();
    const file = await pictureFile({ width: 64, height: 48 }, 77);
    const imageId = await own.client.upload(file);
    const sha256 = createHash("sha256").update(file).digest("hex");
    const { importHashList } = await admin.ask(ImportHashListDocument, {
      input: {
        name: "known",
        category: "NCII",
        source: "test",
        format: "csv",
        text: `type,hash\nsha256,${sha256}\n`,
        replace: true,
      },
    });
    expect(importHashList).toMatchObject({ added: 1 });
    const id = await send({ ...own, imageId }, "make it night");
    await until(own.client, id, "REFUSED");
    expect((await own.client.ask(OneEditDocument, { id })).edit?.verdict).toMatchObject({
      stage: "SOURCE",
      category: "NCII",
    });
  });
});

describe("a picture that was reported", () => {
  it("is blocked when the report is upheld: for edits, links and the account, and let go by another moderator", async () => {
    const own = await author();
    const { client, imageId } = own;
    const { edit: first } = await client.ask(OneEditDocument, { id: await send(own, "make it night") });
    const link = first!.sources[0]!.url!;
    const { reportImage } = await client.ask(ReportImageDocument, { id: imageId, category: "HATE", statement: "bad" });
    await moderator.ask(ResolveCaseDocument, { id: reportImage.id, action: "APPROVE", reason: "it is" });
    expect((await fetch(link)).status).toBe(403);
    await expect(send(own, "make it night")).rejects.toMatchObject({ code: "CONTENT_REFUSED" });
    const { moderationCase } = await moderator.ask(CaseContentDocument, { id: reportImage.id, blurred: true });
    expect(moderationCase.content).toMatchObject([{ imageId, blocked: true }]);
    const look = await fetch(moderationCase.content[0]!.url!);
    expect([look.status, look.headers.get("cache-control")]).toEqual([200, "no-store"]);

    const reason = "it is not";
    await expect(client.ask(UnblockImageDocument, { id: imageId, reason })).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "this needs the role MODERATOR; the account has USER",
    });
    expect((await fetch(link)).status).toBe(403);
    const unblock = (id: string, why = reason) => second.ask(UnblockImageDocument, { id, reason: why });
    await expect(unblock(imageId, " ")).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(unblock(reportImage.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await unblock(imageId)).toEqual({ unblockImage: true });
    expect(await unblock(imageId)).toEqual({ unblockImage: false });
    expect((await fetch(link)).status).toBe(200);
    await expect(send(own, "make it night")).resolves.toBeDefined();
    // Looks through the link are written down a little later.
    const kinds = (await audited(imageId)).filter((kind) => kind !== "image.viewed");
    expect(kinds).toEqual(["image.unblocked", "image.blocked", "image.created"]);
  });

  it("is not let go by whose it is, moderator or not", async () => {
    const id = await second.upload(await pictureFile({ width: 64, height: 48 }, 78));
    const { reportImage } = await second.ask(ReportImageDocument, { id, category: "HATE", statement: "bad" });
    await moderator.ask(ResolveCaseDocument, { id: reportImage.id, action: "APPROVE", reason: "it is" });
    await expect(second.ask(UnblockImageDocument, { id, reason: "mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await audited(id)).not.toContain("image.unblocked");
  });
});

describe("suspension", () => {
  it("follows three refusals for child abuse, reaches links, keys and running edits, and can be taken back", async () => {
    const own = await author();
    for (let i = 0; i < 3; i += 1) {
      const id = await send(own, `make the little girl naked ${i}`);
      // The third refusal may close the socket before it is told.
      await until(own.client, id, "REFUSED").catch((error) => expect(error).toMatchObject({ code: "FORBIDDEN" }));
    }
    await expect
      .poll(
        async () =>
          (await server.server.services.db.client.account.findUnique({ where: { id: own.accountId } }))?.status,
      )
      .toBe("SUSPENDED");
    await expect(send(own, "make it night")).rejects.toMatchObject({ code: "ACCOUNT_SUSPENDED" });
    const { reinstateAccount } = await moderator.ask(ReinstateAccountDocument, {
      accountId: own.accountId,
      reason: "appealed",
    });
    expect(reinstateAccount.status).toBe("ACTIVE");
    await expect(send(own, "make it night")).resolves.toBeDefined();
  });

  it("by a moderator ends links and sockets at once", async () => {
    const own = await author();
    const key = own.client;
    const id = await send(own, "make it night");
    await until(key, id, "IN_REVIEW");
    const { edit } = await key.ask(OneEditDocument, { id });
    const link = edit!.sources[0]!.url!;
    expect((await fetch(link)).status).toBe(200);
    const stream = key.progress(id);
    await stream.next();
    const rest = (async () => {
      for await (const event of stream) expect(event.status).not.toBe("SUCCEEDED");
    })();
    rest.catch(() => {});
    const { suspendAccount } = await moderator.ask(SuspendAccountDocument, {
      accountId: own.accountId,
      reason: "spam",
    });
    expect(suspendAccount).toMatchObject({ status: "SUSPENDED", suspendedReason: "spam" });
    expect((await fetch(link)).status).toBe(403);
    await expect(rest).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(
      moderator.ask(SuspendAccountDocument, { accountId: own.accountId, reason: "spam" }),
    ).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(key.ask(ModerationCasesDocument, { first: 10 })).rejects.toMatchObject({ code: "ACCOUNT_SUSPENDED" });
  });
});
