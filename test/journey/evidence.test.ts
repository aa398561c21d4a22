import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  AppealEditDocument,
  CancelEditDocument,
  CaseContentDocument,
  DeleteImageDocument,
  EditDocument,
  OneEditDocument,
  ReportImageDocument,
  ResolveCaseDocument,
  UnblockImageDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { type Category, categories, type Stage, stages } from "../../src/core/moderation.ts";
import { openCase } from "../../src/store/cases.ts";
import { blockImageStatements } from "../../src/store/images.ts";
import { incidentKey, type ProvidedServer, providedServer } from "../support/provided-server.ts";
import { answering, type Provider } from "../support/provider.ts";
import { pictureFile, type TestServer } from "../support/test-server.ts";

/* What becomes of pictures that people must judge, whatever the reviewer or the account does. */

const key = incidentKey();

let provided: ProvidedServer;
let provider: Provider;
let server: TestServer;
let author: Client;
let accountId: string;
let moderator: Client;
beforeAll(async () => {
  const settings = { PENTIMENTO_INCIDENT_KEY: key.given, PENTIMENTO_CREDENTIALS: "off" };
  provided = await providedServer({ stages, attempts: 1 }, settings);
  ({ server, provider } = provided);
  moderator = (await server.account("moderator", "MODERATOR")).client;
});
afterAll(() => provided?.[Symbol.asyncDispose]());

let authors = 0;
beforeEach(async () => {
  // Refusals of a few tests suspend an account.
  authors += 1;
  ({ client: author, accountId } = await server.account(`author-${authors}`));
});

const db = () => server.server.services.db;
const stored = (digest: string) => server.server.services.storage.stat(digest);

/** Lets the provider find something at one stage and nothing at the others. */
function finds(category: Category, score: number, at: Stage): void {
  const none = Object.fromEntries(categories.map((one) => [one, 0]));
  provider.behave((asked, response) => {
    const { stage } = JSON.parse(asked.body.toString()) as { stage: Stage };
    answering({ scores: stage === at ? { ...none, [category]: score } : none })(asked, response);
  });
}

let pictures = 600;
async function upload(client: Client): Promise<string> {
  pictures += 1;
  return client.upload(await pictureFile({ width: 64, height: 48 }, pictures));
}

/** Sends an edit and waits until it rests; its id, its source and its newest case. */
async function rests(status: string, client = author) {
  const imageId = await upload(client);
  const input = { prompt: "make it night", images: [{ imageId }], steps: 1 };
  const { id } = (await client.ask(EditDocument, { input })).edit;
  for await (const event of client.progress(id)) if (event.status === status) break;
  const found = await db().client.case.findFirst({ where: { editId: id }, orderBy: { createdAt: "desc" } });
  return { id, imageId, caseId: found?.id ?? "" };
}

const decide = (id: string, action: "APPROVE" | "REJECT" | "ESCALATE", by = moderator) =>
  by.ask(ResolveCaseDocument, { id, action, reason: "because" });
const statusOf = async (id: string) => (await author.ask(OneEditDocument, { id })).edit?.status;
const heldOf = (editId: string) => db().client.image.findFirstOrThrow({ where: { editId } });
const imageOf = (id: string) => db().client.image.findUniqueOrThrow({ where: { id } });
const incidentsOf = (where: object) => db().client.incident.findMany({ where });

const unsealed = (sealedDigest: string | null) => key.open(server, sealedDigest);

describe("a held result that a moderator rejects", () => {
  it("as child abuse is sealed, on record, blocked and counted, and its bytes stay", async () => {
    finds("CSAM", 0.3, "OUTPUT");
    const { id, caseId } = await rests("IN_REVIEW");
    await decide(caseId, "REJECT");
    expect(await statusOf(id)).toBe("REFUSED");
    const held = await heldOf(id);
    expect(held).toMatchObject({ kind: "HELD", deletedAt: null, blockedAt: expect.any(Date) });
    expect(await stored(held.digest)).toBeDefined();
    const [incident, ...more] = await incidentsOf({ editId: id });
    expect([incident, more]).toMatchObject([{ stage: "OUTPUT", filter: "far", imageId: held.id, accountId }, []]);
    expect(await unsealed(incident!.sealedDigest)).toMatchObject({ width: held.width, height: held.height });
    expect(await db().client.strike.findMany({ where: { editId: id } })).toMatchObject([{ category: "CSAM" }]);
  });

  it("for another category is kept neither on record nor on disk", async () => {
    finds("NCII", 0.3, "OUTPUT");
    const { id, caseId } = await rests("IN_REVIEW");
    await decide(caseId, "REJECT");
    const held = await heldOf(id);
    expect([held.deletedAt, await stored(held.digest)]).toEqual([expect.any(Date), undefined]);
    expect(await incidentsOf({ editId: id })).toEqual([]);
  });

  it("is decided although the same bytes were blocked meanwhile", async () => {
    finds("NCII", 0.3, "OUTPUT");
    const { id, caseId } = await rests("IN_REVIEW");
    const held = await heldOf(id);
    await db().batch(blockImageStatements(held, "known by now", { actor: "server", at: new Date() }));
    await decide(caseId, "REJECT");
    expect(await statusOf(id)).toBe("REFUSED");
    expect(await heldOf(id)).toMatchObject({ deletedAt: null, blockedAt: expect.any(Date) });
  });
});

describe("an edit that its account calls off while a person must look", () => {
  it("leaves the held result to be looked at, kept where it is child abuse", async () => {
    finds("CSAM", 0.3, "OUTPUT");
    const { id, caseId } = await rests("IN_REVIEW");
    await author.ask(CancelEditDocument, { id });
    expect(await statusOf(id)).toBe("CANCELLED");
    const held = await heldOf(id);
    expect([held.deletedAt, await stored(held.digest)]).toEqual([null, expect.anything()]);
    await decide(caseId, "REJECT");
    expect(await incidentsOf({ editId: id })).toMatchObject([{ imageId: held.id, stage: "OUTPUT" }]);
    expect(await stored(held.digest)).toBeDefined();
    expect(await statusOf(id)).toBe("CANCELLED");
  });

  it("has it counted as refused where it is rejected, and where it is approved not", async () => {
    finds("CSAM", 0.3, "PROMPT");
    const called = async (action: "APPROVE" | "REJECT") => {
      const { id, caseId } = await rests("IN_REVIEW");
      await author.ask(CancelEditDocument, { id });
      await decide(caseId, action);
      return db().client.strike.findMany({ where: { editId: id } });
    };
    expect(await called("APPROVE")).toEqual([]);
    for (let i = 0; i < 3; i += 1) expect(await called("REJECT")).toMatchObject([{ accountId, category: "CSAM" }]);
    const standing = async () => (await db().client.account.findUnique({ where: { id: accountId } }))?.status;
    await expect.poll(standing).toBe("SUSPENDED");
  });

  it.each(["APPROVE", "REJECT"] as const)("loses a harmless one once its case is decided: %s", async (action) => {
    finds("NCII", 0.3, "OUTPUT");
    const { id, caseId } = await rests("IN_REVIEW");
    await author.ask(CancelEditDocument, { id });
    const { digest } = await heldOf(id);
    await decide(caseId, action);
    expect([(await heldOf(id)).deletedAt, await stored(digest)]).toEqual([expect.any(Date), undefined]);
  });

  it("and whose source it deletes leaves that, too, until the case is decided", async () => {
    finds("CSAM", 0.3, "SOURCE");
    const { id, imageId, caseId } = await rests("IN_REVIEW");
    await author.ask(DeleteImageDocument, { id: imageId });
    await author.ask(CancelEditDocument, { id });
    const { digest } = await imageOf(imageId);
    expect(await stored(digest)).toBeDefined();
    const { moderationCase } = await moderator.ask(CaseContentDocument, { id: caseId, blurred: true });
    expect((await fetch(moderationCase.content[0]!.url!)).status).toBe(200);
    await decide(caseId, "REJECT");
    const [incident] = await incidentsOf({ editId: id });
    expect(incident).toMatchObject({ stage: "SOURCE", imageId, filter: "far", pdq: expect.any(String) });
    expect(await unsealed(incident!.sealedDigest)).toMatchObject({ width: 64, height: 48 });
    expect(await stored(digest)).toBeDefined();
  });
});

it("an edit that is called off while it is held keeps its mask, too, until the case is decided", async () => {
  finds("NCII", 0.3, "SOURCE");
  const mask = await pictureFile({ width: 64, height: 48 }, 5);
  const [imageId, maskId] = [await upload(author), await author.upload(mask, "MASK")];
  const input = { prompt: "make it night", images: [{ imageId }], mask: { imageId: maskId }, steps: 1 };
  const { id } = (await author.ask(EditDocument, { input })).edit;
  for await (const { status } of author.progress(id)) if (status === "IN_REVIEW") break;
  await author.ask(CancelEditDocument, { id });
  await author.ask(DeleteImageDocument, { id: maskId });
  const { digest } = await imageOf(maskId);
  expect(await stored(digest)).toBeDefined();
  const { id: caseId } = await db().client.case.findFirstOrThrow({ where: { editId: id } });
  await decide(caseId, "APPROVE");
  expect(await stored(digest)).toBeUndefined();
});

describe("a report of child abuse that is upheld", () => {
  it("is an incident, and its picture cannot be deleted", async () => {
    const id = await upload(author);
    const { reportImage } = await author.ask(ReportImageDocument, { id, category: "CSAM", statement: "look" });
    await decide(reportImage.id, "APPROVE");
    expect(await incidentsOf({ imageId: id })).toMatchObject([{ stage: "SOURCE", sealedDigest: expect.any(String) }]);
    await expect(author.ask(DeleteImageDocument, { id })).rejects.toMatchObject({ code: "CONTENT_REFUSED" });
    const { digest, deletedAt, blockedAt } = await imageOf(id);
    expect([deletedAt, blockedAt, await stored(digest)]).toEqual([null, expect.any(Date), expect.anything()]);
  });

  it("keeps what was deleted before anybody looked, until it is unblocked", async () => {
    const id = await upload(author);
    const { reportImage } = await author.ask(ReportImageDocument, { id, category: "CSAM", statement: "look" });
    await author.ask(DeleteImageDocument, { id });
    await decide(reportImage.id, "APPROVE");
    expect(await incidentsOf({ imageId: id })).toMatchObject([{ sealedDigest: expect.any(String) }]);
    const { digest } = await imageOf(id);
    expect(await stored(digest)).toBeDefined();
    await moderator.ask(UnblockImageDocument, { id, reason: "it is not" });
    expect(await stored(digest)).toBeUndefined();
  });
});

describe("a case", () => {
  it("that is an appeal releases no result that is held", async () => {
    finds("NCII", 0.3, "OUTPUT");
    const { id } = await rests("IN_REVIEW");
    const act = { actor: accountId, at: new Date() };
    const appeal = { kind: "APPEAL", accountId, editId: id, stage: "PROMPT", category: "NCII" } as const;
    await decide((await openCase(db(), appeal, act))!, "APPROVE");
    expect(await statusOf(id)).toBe("IN_REVIEW");
    expect(await heldOf(id)).toMatchObject({ kind: "HELD", deletedAt: null });
  });

  it("of one's own is another's to decide where it is an appeal, or about children or intimate imagery", async () => {
    finds("VIOLENCE", 1, "PROMPT");
    const { id } = await rests("REFUSED", moderator);
    const { appealEdit } = await moderator.ask(AppealEditDocument, { id, statement: "mine" });
    await expect(decide(appealEdit.id, "APPROVE")).rejects.toMatchObject({ code: "FORBIDDEN" });
    finds("NCII", 0.3, "OUTPUT");
    const { caseId } = await rests("IN_REVIEW", moderator);
    await expect(decide(caseId, "REJECT")).rejects.toMatchObject({ code: "FORBIDDEN" });
    await decide(caseId, "ESCALATE");
    await decide(caseId, "APPROVE", server.client);
    finds("VIOLENCE", 0.6, "OUTPUT");
    const own = await rests("IN_REVIEW", moderator);
    await decide(own.caseId, "APPROVE");
  });
});
