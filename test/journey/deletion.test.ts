import { expect, it } from "vitest";
import { findImage, markDeleted } from "../../src/store/images.ts";
import { pictureFile, testServer } from "../support/test-server.ts";

it("the bytes of a deleted picture that an end left go at the next start, but for those that another picture needs", async () => {
  await using server = await testServer();
  const { db, storage } = server.server.services;
  const upload = async (seed: number) => server.client.upload(await pictureFile({ width: 64, height: 48 }, seed));
  const [lost, twin, left] = [await upload(901), await upload(902), await upload(902)];
  const act = { actor: "test", at: new Date() };
  expect(await markDeleted(db, lost, act)).toHaveLength(1);
  expect(await markDeleted(db, twin, act)).toEqual([]);
  const [gone, kept] = [(await findImage(db, lost))!.digest, (await findImage(db, left))!.digest];
  expect(await storage.stat(gone)).toBeDefined();
  await server.restart();
  const after = server.server.services.storage;
  expect([await after.stat(gone), await after.stat(kept)]).toEqual([undefined, expect.anything()]);
});
