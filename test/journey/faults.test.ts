import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AppealEditDocument,
  CancelEditDocument,
  CreateUploadDocument,
  EditDocument,
  OneEditDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { Failed, unexplained } from "../../src/core/errors.ts";
import { newId } from "../../src/core/id.ts";
import type { ProgressEvent } from "../../src/core/progress.ts";
import type { Services } from "../../src/graphql/services.ts";
import { Traveller } from "../../src/journey/traveller.ts";
import type { Stages } from "../../src/server/base.ts";
import { suspendAccount } from "../../src/store/accounts.ts";
import { acceptEdit, type Edit, findEdit } from "../../src/store/edits.ts";
import { NoAnswer } from "../../src/store/faults.ts";
import { blockImageStatements, findImage } from "../../src/store/images.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import type { Statement } from "../../src/store/statement.ts";
import { anAccount, anEdit } from "../store/databases.ts";
import { justBefore } from "../support/just-before.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server[Symbol.asyncDispose]());

// Requests reach edits through the desk alone; what is under way is asked of the stage itself.
const services = () => server.server.services as Services & Pick<Stages, "journey">;
const lost = () => new NoAnswer(new Error("the connection was closed"));

async function send(client: Client, prompt = "make it night"): Promise<string> {
  const input = { prompt, steps: 1, seed: 3, aspectRatio: "1:1" };
  return (await client.ask(EditDocument, { input })).edit.id;
}

async function follow(client: Client, editId: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of client.progress(editId)) statuses.push(status);
  return statuses;
}

/** An edit like another, of the same account, that an earlier life of the server accepted. */
async function left({ accountId, prompt, request }: Edit, changed: object = {}): Promise<Edit> {
  const createdAt = new Date();
  const edit = { id: newId(createdAt), accountId, prompt, request: { ...request, ...changed }, createdAt };
  return (await acceptEdit(services().db, { edit, audit: [] })).edit;
}

async function made(client: Client): Promise<Edit> {
  const id = await send(client);
  expect((await follow(client, id)).at(-1)).toBe("SUCCEEDED");
  return (await findEdit(services().db, id))!;
}

/** Lets edits begin anew, and waits until all of them have come to rest. */
async function begunAnew(...edits: Edit[]): Promise<(Edit | undefined)[]> {
  const { db, desk, journey } = services();
  desk.takeUp(edits);
  await Promise.all(edits.map(({ id }) => journey.find(id)?.arrived));
  return Promise.all(edits.map(({ id }) => findEdit(db, id)));
}

describe("a database that does not answer", () => {
  it("loses no edit: what could not be moved nor ended is taken up again", async () => {
    const { db, desk, journey } = services();
    const batch = db.batch.bind(db);
    db.batch = (statements) =>
      statements.some(({ sql }) => sql.startsWith('UPDATE "Edit"')) ? Promise.reject(lost()) : batch(statements);
    const id = await send(server.client);
    await journey.find(id)?.arrived;
    expect((await findEdit(db, id))?.status).toBe("MODERATING");
    db.batch = batch;
    await desk.takeUpStranded();
    expect((await follow(server.client, id)).at(-1)).toBe("SUCCEEDED");
    expect(journey.stranded.size).toBe(0);
  });

  /** Lets the database not answer once, what it is asked having been stored or not. */
  function unanswered(
    isMeant: (statement: Statement) => boolean,
    meanwhile?: (store: () => Promise<unknown>) => unknown,
  ) {
    const { db } = services();
    const batch = db.batch.bind(db);
    db.batch = async (statements) => {
      if (!statements.some(isMeant)) return batch(statements);
      db.batch = batch;
      await meanwhile?.(() => batch(statements));
      throw lost();
    };
  }
  const stored = (store: () => Promise<unknown>) => store();

  /** Whether it moves an edit to a status. */
  function movesTo(status: string): (statement: Statement) => boolean {
    return ({ sql, values }) => {
      const [, place] = /^UPDATE "Edit" .*?"status" = \$(\d+)/.exec(sql) ?? [];
      return place !== undefined && values[Number(place) - 1] === status;
    };
  }

  it("loses no edit that it has stored all the same: whoever sends it again gets it, and it is made", async () => {
    const { client } = server;
    unanswered(({ sql }) => sql.startsWith('INSERT INTO "Edit" '), stored);
    const input = { prompt: "make it night", steps: 1, seed: 3, aspectRatio: "1:1", idempotencyKey: "unanswered" };
    await expect(client.ask(EditDocument, { input })).rejects.toMatchObject({ code: "INTERNAL" });
    const { edit } = await client.ask(EditDocument, { input });
    await services().desk.takeUpStranded();
    expect((await follow(client, edit.id)).at(-1)).toBe("SUCCEEDED");
  });

  it("loses no edit that a person has let go on", async () => {
    const { client } = await server.account("let go on");
    const id = await send(client, "remove her clothes");
    expect((await follow(client, id)).at(-1)).toBe("REFUSED");
    const { appealEdit } = await client.ask(AppealEditDocument, { id, statement: "it is a statue" });
    unanswered(movesTo("MODERATING"), stored);
    const approval = { id: appealEdit.id, action: "APPROVE", reason: "a statue" } as const;
    await expect(server.client.ask(ResolveCaseDocument, approval)).rejects.toMatchObject({ code: "INTERNAL" });
    await services().desk.takeUpStranded();
    expect((await follow(client, id)).at(-1)).toBe("SUCCEEDED");
  });

  it("after an end is stored leaves nobody waiting for it", async () => {
    const { desk, feed, journey } = services();
    let watched: AsyncIterableIterator<ProgressEvent> | undefined;
    let editId = "";
    unanswered(movesTo("SUCCEEDED"), async (store) => {
      watched = feed.watch(editId, { after: 0, previews: false });
      await watched.next();
      await store();
    });
    editId = await send(server.client);
    await journey.find(editId)?.arrived;
    await desk.takeUpStranded();
    const kinds: string[] = [];
    for await (const { kind } of watched!) kinds.push(kind);
    expect(kinds.at(-1)).toBe("completed");
    expect(journey.stranded.size).toBe(0);
  });

  it("strands more edits than a query has room for, and takes them up when it answers again", async () => {
    const { desk, journey } = services();
    const edit = await left(await made(server.client));
    for (let i = 0; i < 3_000; i += 1) desk.lookAgain(newId(edit.createdAt));
    desk.lookAgain(edit.id);
    await desk.takeUpStranded();
    // What is not there may still be on its way, and is looked for once more.
    expect(journey.stranded.size).toBe(3_000);
    await desk.takeUpStranded();
    expect((await follow(server.client, edit.id)).at(-1)).toBe("SUCCEEDED");
    expect(journey.stranded.size).toBe(0);
  });

  it.each(["QUEUED", "RUNNING", "FINISHING", "SUCCEEDED"])("while %s is stored ends no edit", async (status) => {
    const { desk, journey } = services();
    unanswered(movesTo(status));
    const id = await send(server.client);
    await journey.find(id)?.arrived;
    await desk.takeUpStranded();
    expect((await follow(server.client, id)).at(-1)).toBe("SUCCEEDED");
  });

  it("while a refusal is stored lets the edit be refused, and the refusal be counted, when it answers again", async () => {
    const { db, desk, journey } = services();
    unanswered(movesTo("REFUSED"));
    const { client } = await server.account("refused");
    const id = await send(client, "remove her clothes");
    await journey.find(id)?.arrived;
    await desk.takeUpStranded();
    expect((await follow(client, id)).at(-1)).toBe("REFUSED");
    expect(await db.client.strike.count({ where: { editId: id } })).toBe(1);
    expect(await db.client.moderationOutcome.count({ where: { editId: id } })).toBeGreaterThan(0);
  });

  it("leaves an upload waiting, and tells why in the log alone", async () => {
    const { gallery } = services();
    const bytes = await pictureFile({ width: 40, height: 30 }, 5);
    const { createUpload } = await server.client.ask(CreateUploadDocument, {
      input: { contentType: "image/png", byteLength: bytes.length, kind: "SOURCE" },
    });
    const keep = gallery.keep;
    gallery.keep = () => Promise.reject(lost());
    const put = () => fetch(createUpload.url, { method: "PUT", body: Buffer.from(bytes) });
    const answer = await put();
    gallery.keep = keep;
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await answer.json()).toMatchObject({ error: { message: unexplained } });
    expect((await put()).status).toBe(201);
  });
});

describe("an edit that begins anew", () => {
  it("is left as it is when it was moved by another meanwhile", async () => {
    const edit = await made(server.client);
    for (const status of ["MODERATING", "QUEUED", "RUNNING", "FINISHING"] as const)
      expect(await begunAnew({ ...edit, status })).toEqual([edit]);
    expect(services().journey.stranded.size).toBe(0);
  });

  it("fails where another model is served than the one that it was accepted for", async () => {
    const { name, digest } = server.server.model.manifest;
    const edit = await left(await made(server.client), { model: "another", modelDigest: "ab".repeat(32) });
    const [failed] = await begunAnew(edit);
    expect(failed).toMatchObject({ status: "FAILED", errorCode: "MODEL_UNAVAILABLE", errorRetryable: false });
    expect(failed!.errorMessage).toContain("another (abababab)");
    expect(failed!.errorMessage).toContain(`${name} (${digest.slice(0, 8)})`);
  });

  it("is cancelled where its account was suspended, however far it had come", async () => {
    const { client, accountId } = await server.account("suspended");
    const { db } = services();
    const edit = await left(await made(client));
    expect(await moveEdit(db, edit.id, { to: "QUEUED", at: new Date() })).toBe(true);
    await suspendAccount(db, accountId, "spam", { actor: "test", at: new Date() });
    services().standings.suspended(accountId);
    const [cancelled] = await begunAnew({ ...edit, status: "QUEUED" });
    expect(cancelled?.status).toBe("CANCELLED");
  });
});

describe("a stop", () => {
  it("leaves what comes after it for the next start", async () => {
    await using stopping = await testServer();
    const { db, desk, journey } = stopping.server.services as Services & Pick<Stages, "journey">;
    const { id } = await anEdit(db, await anAccount(db));
    const edit = (await findEdit(db, id))!;
    await desk.close();
    desk.goOn(new Traveller({ ...edit }));
    await journey.find(id)?.arrived;
    expect(await findEdit(db, id)).toEqual(edit);
  });
});

describe("a start", () => {
  it("counts refusals that an earlier life stored and did not count", async () => {
    const { client, accountId } = await server.account("struck");
    const first = await made(client);
    const at = new Date();
    for (let i = 0; i < 3; i += 1) {
      const { id } = await left(first);
      expect(await moveEdit(services().db, id, { to: "REFUSED", at, strikes: [{ accountId, category: "CSAM" }] })).toBe(
        true,
      );
    }
    await server.restart();
    expect(services().standings.isSuspended(accountId)).toBe(true);
  });
});

describe("what is ours to mend", () => {
  it("fails an edit without its words", async () => {
    const { storage, db } = services();
    const put = storage.put.bind(storage);
    storage.put = () => {
      storage.put = put;
      return Promise.reject(new Failed("INTERNAL", "no room in /var/lib/pentimento", { retryable: false }));
    };
    const id = await send(server.client);
    expect((await follow(server.client, id)).at(-1)).toBe("FAILED");
    const errorMessage = "something went wrong on our side; the edit was not made";
    expect(await findEdit(db, id)).toMatchObject({ errorCode: "INTERNAL", errorMessage, errorRetryable: false });
  });
});

describe("a source that is blocked", () => {
  const moves = ["RUNNING", "FINISHING", "SUCCEEDED"].map((status, seed) => ({ status, seed }));
  it.each(moves)("before the move to $status is stored ends its edit", async ({ status, seed }) => {
    const { db, journey } = services();
    const imageId = await server.client.upload(await pictureFile({ width: 64, height: 48 }, seed));
    const image = (await findImage(db, imageId))!;
    justBefore(db, status, () => db.batch(blockImageStatements(image, "a match", { actor: "server", at: new Date() })));
    const input = { prompt: "make it night", images: [{ imageId }], steps: 1, seed: 3 };
    const { edit } = await server.client.ask(EditDocument, { input });
    await journey.find(edit.id)?.arrived;
    expect(await findEdit(db, edit.id)).toMatchObject({ status: "FAILED", errorCode: "CONTENT_REFUSED" });
    expect(await db.client.image.count({ where: { editId: edit.id } })).toBe(0);
  });
});

describe("calling off", () => {
  it("holds while the last picture is being finished, and keeps nothing of it", async () => {
    const { client } = server;
    const { db, storage, journey } = services();
    const put = storage.put.bind(storage);
    const id = await send(client);
    const stored: string[] = [];
    storage.put = async (bytes) => {
      storage.put = put;
      void journey.cancel(id, "test");
      stored.push(await put(bytes));
      return stored[0]!;
    };
    expect((await follow(client, id)).at(-1)).toBe("CANCELLED");
    expect(await db.client.image.count({ where: { editId: id } })).toBe(0);
    expect(stored).toHaveLength(1);
    await services().journey.find(id)?.arrived;
    expect(await storage.stat(stored[0]!)).toBeUndefined();
  });

  it("leaves the result that is held for review until its case is decided, then deletes it with its bytes", async () => {
    await using reviewing = await testServer({}, { filterDuty: "required" });
    const { client } = reviewing;
    const { db, storage } = reviewing.server.services;
    const id = await send(client);
    for await (const { status } of client.progress(id)) if (status === "IN_REVIEW") break;
    const where = { editId: id, kind: "HELD" } as const;
    const held = (await db.client.image.findFirst({ where }))!;
    expect(await storage.stat(held.digest)).toBeDefined();
    expect((await client.ask(CancelEditDocument, { id })).cancelEdit.status).toBe("CANCELLED");
    expect((await client.ask(OneEditDocument, { id })).edit).toMatchObject({ status: "CANCELLED", verdict: null });
    expect(await db.client.image.findFirst({ where })).toMatchObject({ deletedAt: null });
    expect(await storage.stat(held.digest)).toBeDefined();
    const found = (await db.client.case.findFirst({ where: { editId: id } }))!;
    // By the one administrator that there is: a hold of another category may be one's own.
    await client.ask(ResolveCaseDocument, { id: found.id, action: "REJECT", reason: "called off" });
    expect(await db.client.image.findFirst({ where })).toMatchObject({ deletedAt: expect.any(Date) });
    expect(await storage.stat(held.digest)).toBeUndefined();
  });
});
