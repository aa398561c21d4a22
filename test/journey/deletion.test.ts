import { expect, it } from "vitest";
import { EditDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import { createImage, findImage, markDeleted } from "../../src/store/images.ts";
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
  const batch = db.batch.bind(db);
  db.batch = async (statements) => {
    // The second result is stored, and its row about to be.
    const isLast = statements.some(({ values }) => values?.includes("OUTPUT"));
    if (isLast) {
      db.batch = batch;
      await gallery.remove(first.id, "test");
    }
    return batch(statements);
  };
  const second = await make();
  expect(db.batch).toBe(batch);
  expect(second.digest).toBe(first.digest);
  expect((await findImage(db, first.id))!.deletedAt).not.toBeNull();
  expect(await storage.stat(second.digest)).toBeDefined();
});
