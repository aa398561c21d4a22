import { expect, it, vi } from "vitest";
import {
  AppealEditDocument,
  CaseContentDocument,
  DeleteImageDocument,
  EditDocument,
  OneEditDocument,
  ResolveCaseDocument,
} from "../../schema/generated/graphql.ts";
import { newId } from "../../src/core/id.ts";
import type { Services } from "../../src/graphql/services.ts";
import type { Stages } from "../../src/server/base.ts";
import { acceptEdit, findEdit } from "../../src/store/edits.ts";
import { createImage, findImage, markDeleted } from "../../src/store/images.ts";
import { justBefore } from "../support/just-before.ts";
import { pictureFile, testServer } from "../support/test-server.ts";

it("the bytes of a deleted picture that an end left go at the next start, but for those that another picture needs", async () => {
  await using server = await testServer();
  const { db, storage } = server.server.services;
  const upload = async (seed: number) => server.client.upload(await pictureFile({ width: 64, height: 48 }, seed));
  const [lost, twin, left] = [await upload(901), await upload(902), await upload(902)];
  const act = { actor: "test", at: new Date() };
  await markDeleted(db, lost, act);
  await markDeleted(db, twin, act);
  const [gone, kept] = [(await findImage(db, lost))!.digest, (await findImage(db, left))!.digest];
  expect(await storage.stat(gone)).toBeDefined();
  await server.restart();
  const after = server.server.services.storage;
  expect([await after.stat(gone), await after.stat(kept)]).toEqual([undefined, expect.anything()]);
});

it("a picture that comes while another with the same bytes is deleted keeps them", async () => {
  await using server = await testServer();
  const { db, gallery, storage } = server.server.services;
  const file = await pictureFile({ width: 64, height: 48 }, 903);
  const twin = (await findImage(db, await server.client.upload(file)))!;
  const { digest } = await gallery.keep(file, twin.accountId, "SOURCE", async (row) => {
    await gallery.remove(twin.id, "test");
    return createImage(db, row, new Date());
  });
  expect(digest).toBe(twin.digest);
  expect(await storage.stat(digest)).toBeDefined();
});

it("a result that comes while another with the same bytes is deleted keeps them", async () => {
  await using server = await testServer({ PENTIMENTO_CREDENTIALS: "off" });
  const { client } = server;
  const { db, gallery, storage } = server.server.services;
  const input = { prompt: "make it night", steps: 1, seed: 3, aspectRatio: "1:1" };
  const make = async () => {
    const { edit } = await client.ask(EditDocument, { input });
    for await (const _ of client.progress(edit.id));
    return (await findImage(db, (await client.ask(OneEditDocument, { id: edit.id })).edit!.images[0]!.id))!;
  };
  const first = await make();
  // The second result is stored, and its row about to be.
  const remove = vi.fn(() => gallery.remove(first.id, "test"));
  justBefore(db, "OUTPUT", remove);
  const second = await make();
  expect(remove).toHaveBeenCalledOnce();
  expect(second.digest).toBe(first.digest);
  expect((await findImage(db, first.id))!.deletedAt).not.toBeNull();
  expect(await storage.stat(second.digest)).toBeDefined();
});

it("a source that its own moderator deleted is shown to them while a case is about it, and kept by no browser", async () => {
  await using server = await testServer({}, { filterDuty: "required" });
  const { client } = server;
  const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 906));
  const input = { prompt: "make it night", images: [{ imageId }], steps: 1 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const { status } of client.progress(edit.id)) if (status === "IN_REVIEW") break;
  await client.ask(DeleteImageDocument, { id: imageId });
  const found = (await server.server.services.db.client.case.findFirst({ where: { editId: edit.id } }))!;
  const { moderationCase } = await client.ask(CaseContentDocument, { id: found.id, blurred: false });
  const answer = await fetch(moderationCase!.content.find((one) => one.imageId === imageId)!.url!);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
});

it("a source and a mask that are deleted before their edit ends are kept for it alone, and go with its end", async () => {
  await using server = await testServer();
  const { client } = server;
  const { db, desk, gallery, journey, storage } = server.server.services as Services & Pick<Stages, "journey">;
  const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 904));
  const source = (await findImage(db, imageId))!;
  const maskId = await gallery.add(source.accountId, await pictureFile({ width: 64, height: 48 }, 905), "MASK");
  const mask = (await findImage(db, maskId))!;
  const kept = async () => [await storage.stat(source.digest), await storage.stat(mask.digest)];
  const input = { prompt: "make it night", images: [{ imageId }], mask: { imageId: maskId }, steps: 1, seed: 3 };
  // The engine has begun.
  justBefore(db, "RUNNING", async () => {
    await Promise.all([imageId, maskId].map((id) => gallery.remove(id, "test")));
    expect(await kept()).toEqual([expect.anything(), expect.anything()]);
    // A start that finds the edit ended removes them.
    expect(await storage.begun()).toEqual(expect.arrayContaining([source.digest, mask.digest]));
  });
  const { edit } = await client.ask(EditDocument, { input });
  await journey.find(edit.id)?.arrived;
  const { prompt, request, status } = (await findEdit(db, edit.id))!;
  expect(status).toBe("SUCCEEDED");
  await expect(client.ask(EditDocument, { input })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await kept()).toEqual([undefined, undefined]);

  const again = await client.upload(await pictureFile({ width: 64, height: 48 }, 904));
  const createdAt = new Date();
  const { maskId: _, ...unmasked } = request;
  const left = { id: newId(createdAt), accountId: source.accountId, prompt, createdAt };
  const accepted = await acceptEdit(db, { edit: { ...left, request: { ...unmasked, imageIds: [again] } }, audit: [] });
  await gallery.remove(again, "test");
  desk.takeUp([accepted.edit]);
  await journey.find(left.id)?.arrived;
  expect((await findEdit(db, left.id))!.status).toBe("SUCCEEDED");
  expect(await kept()).toEqual([undefined, undefined]);
});

it("a deleted source is kept while the appeal of its edit is approved", async () => {
  await using server = await testServer({}, { filterDuty: "required" });
  const { client } = await server.account("appealing");
  const { db, gallery, storage } = server.server.services;
  const imageId = await client.upload(await pictureFile({ width: 64, height: 48 }, 907));
  const input = { prompt: "remove her clothes", images: [{ imageId }], steps: 1 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const _ of client.progress(edit.id));
  const { appealEdit } = await client.ask(AppealEditDocument, { id: edit.id, statement: "it is a statue" });
  await client.ask(DeleteImageDocument, { id: imageId });
  const source = (await findImage(db, imageId))!;
  // The decision falls between the looks for edits under way and for cases that wait.
  const asked = vi.spyOn(db.client.case, "findMany").mockImplementationOnce((async () => {
    await server.client.ask(ResolveCaseDocument, { id: appealEdit.id, action: "APPROVE", reason: "a statue" });
    return [];
  }) as never);
  await gallery.dropBytes(source);
  expect(asked).toHaveBeenCalled();
  asked.mockRestore();
  expect(await storage.stat(source.digest)).toBeDefined();
});
