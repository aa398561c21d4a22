import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AppealEditDocument,
  CaseContentDocument,
  ClaimCaseDocument,
  DeleteImageDocument,
  EditDocument,
  ImportHashListDocument,
  ModerationCasesDocument,
  OneEditDocument,
  ReinstateAccountDocument,
  ReportImageDocument,
  ResolveCaseDocument,
  SuspendAccountDocument,
  TypedDocumentString,
  UnblockImageDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { ModeratedServer, send, until } from "../support/moderated-server.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

const violent = "photo of a man beheaded with blood everywhere, gore, mutilated corpse";

let stand: ModeratedServer;
let server: TestServer;
let moderator: Client;
let second: Client;
beforeAll(async () => {
  stand = await ModeratedServer.start();
  ({ server, moderator, second } = stand);
});
afterAll(() => stand?.[Symbol.asyncDispose]());

describe("a prompt that is refused", () => {
  it("says why and no more, can be appealed once, and goes on when the appeal is upheld", async () => {
    const own = await stand.author();
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
    expect(await stand.audited(id)).toContain("moderation.refused");
  });

  it("cannot be appealed where it is about children", async () => {
    const own = await stand.author();
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
    const own = await stand.author();
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
    const own = await stand.author();
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
    await expect(unblock(imageId, "  ")).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: "reason is blank: 1 to 2000 characters are expected",
    });
    await expect(unblock(reportImage.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await unblock(imageId)).toEqual({ unblockImage: true });
    expect(await unblock(imageId)).toEqual({ unblockImage: false });
    expect((await fetch(link)).status).toBe(200);
    await expect(send(own, "make it night")).resolves.toBeDefined();
    // Looks through the link are written down a little later.
    const kinds = (await stand.audited(imageId)).filter((kind) => kind !== "image.viewed");
    expect(kinds).toEqual(["image.unblocked", "image.blocked", "image.created"]);
  });

  it("is blocked in all its copies, and comes in no more until it is let go", async () => {
    const [one, other] = [await stand.author(), await stand.author()];
    const file = await pictureFile({ width: 64, height: 48 }, 81);
    const id = await one.client.upload(file);
    const copy = await one.client.upload(file);
    const [theirs, own] = [await other.client.upload(file), await second.upload(file)];
    const statement = "bad";
    const { reportImage } = await one.client.ask(ReportImageDocument, { id, category: "NCII", statement });
    await moderator.ask(ResolveCaseDocument, { id: reportImage.id, action: "APPROVE", reason: "it is" });
    const blocked = { code: "CONTENT_REFUSED" };
    await expect(send({ ...one, imageId: copy }, "make it night")).rejects.toMatchObject(blocked);
    await expect(one.client.ask(DeleteImageDocument, { id: copy })).rejects.toMatchObject(blocked);
    await expect(send({ ...other, imageId: theirs }, "make it night")).rejects.toMatchObject(blocked);
    await expect(other.client.upload(file)).rejects.toMatchObject(blocked);
    const dataUri = `data:image/png;base64,${Buffer.from(file).toString("base64")}`;
    const input = { prompt: "make it night", images: [{ dataUri }], steps: 1 };
    await expect(other.client.ask(EditDocument, { input })).rejects.toMatchObject(blocked);
    expect((await stand.audited(id)).filter((kind) => kind === "image.refused")).toHaveLength(2);
    // Nor is it let go by who has it, too.
    const unblock = (by: Client) => by.ask(UnblockImageDocument, { id: theirs, reason: "it is not" });
    await expect(unblock(second)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await unblock(moderator)).toEqual({ unblockImage: true });
    await expect(send({ ...one, imageId: copy }, "make it night")).resolves.toBeDefined();
    await expect(second.ask(DeleteImageDocument, { id: own })).resolves.toBeDefined();
    await expect(other.client.upload(file)).resolves.toBeDefined();
  });

  it("shows its account nothing of who works on the case and what they decide", async () => {
    const { client, imageId } = await stand.author();
    const report = new TypedDocumentString<{ reportImage: object }, { id: string }>(
      `mutation ($id: ID!) {
        reportImage(id: $id, category: HATE, statement: "bad") { id claimedBy decisions { moderatorId reason } }
      }`,
    );
    const { reportImage } = await client.ask(ReportImageDocument, { id: imageId, category: "HATE", statement: "bad" });
    const { id } = reportImage;
    const unknown = { reportImage: { id, claimedBy: null, decisions: [] } };
    expect((await moderator.ask(ClaimCaseDocument, { id })).claimCase.claimedBy).toEqual(expect.any(String));
    expect(await client.ask(report, { id: imageId })).toEqual(unknown);
    const { resolveCase } = await moderator.ask(ResolveCaseDocument, { id, action: "ESCALATE", reason: "not sure" });
    expect(resolveCase.decisions).toMatchObject([{ reason: "not sure" }]);
    expect(await client.ask(report, { id: imageId })).toEqual(unknown);
  });

  it("is one case until that is decided, however often its account reports it, and then another", async () => {
    const { client, imageId } = await stand.author();
    const report = async (statement: string) => {
      const asked = await client.ask(ReportImageDocument, { id: imageId, category: "HATE", statement });
      return asked.reportImage;
    };
    const first = await report("bad");
    const more = await Promise.all([report("worse"), report("worst")]);
    expect(more).toEqual([first, first]);
    await moderator.ask(ResolveCaseDocument, { id: first.id, action: "ESCALATE", reason: "not sure" });
    expect(await report("still")).toMatchObject({ id: first.id, status: "ESCALATED" });
    await second.ask(ResolveCaseDocument, { id: first.id, action: "REJECT", reason: "it may be" });
    expect((await report("again")).id).not.toBe(first.id);
  });

  it("is not let go by whose it is, moderator or not", async () => {
    const id = await second.upload(await pictureFile({ width: 64, height: 48 }, 78));
    const { reportImage } = await second.ask(ReportImageDocument, { id, category: "HATE", statement: "bad" });
    await moderator.ask(ResolveCaseDocument, { id: reportImage.id, action: "APPROVE", reason: "it is" });
    await expect(second.ask(UnblockImageDocument, { id, reason: "mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await stand.audited(id)).not.toContain("image.unblocked");
  });

  it("for what nobody decides of their own is not claimed by whose it is, so that another can", async () => {
    const id = await second.upload(await pictureFile({ width: 64, height: 48 }, 80));
    const { reportImage } = await second.ask(ReportImageDocument, { id, category: "NCII", statement: "look" });
    const claim = { id: reportImage.id };
    const own = { code: "FORBIDDEN", message: expect.stringContaining("one of your own account") };
    await expect(second.ask(ClaimCaseDocument, claim)).rejects.toMatchObject(own);
    const decision = { ...claim, action: "REJECT", reason: "it may be" } as const;
    await expect(second.ask(ResolveCaseDocument, decision)).rejects.toMatchObject(own);
    expect((await moderator.ask(ClaimCaseDocument, claim)).claimCase.status).toBe("CLAIMED");
    expect((await moderator.ask(ResolveCaseDocument, decision)).resolveCase.status).toBe("REJECTED");
  });
});

describe("suspension", () => {
  it("follows three refusals for child abuse, reaches links, keys and running edits, and can be taken back", async () => {
    const own = await stand.author();
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
    const own = await stand.author();
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
    const suspend = (reason: string) => moderator.ask(SuspendAccountDocument, { accountId: own.accountId, reason });
    const blank = "reason is blank: 1 to 2000 characters are expected";
    await expect(suspend(" ")).rejects.toMatchObject({ code: "BAD_INPUT", message: blank });
    const { suspendAccount } = await suspend("spam");
    expect(suspendAccount).toMatchObject({ status: "SUSPENDED", suspendedReason: "spam" });
    expect((await fetch(link)).status).toBe(403);
    await expect(rest).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(suspend("spam")).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(key.ask(ModerationCasesDocument, { first: 10 })).rejects.toMatchObject({ code: "ACCOUNT_SUSPENDED" });
  });
});
