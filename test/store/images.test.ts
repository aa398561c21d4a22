import { createHash, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import {
  blockImageStatements,
  createImage,
  findBlocked,
  findImage,
  findImageByDigest,
  findImages,
  isImageDigest,
  listImages,
  markDeleted,
  type NewImage,
  storedBytes,
  unblockImage,
} from "../../src/store/images.ts";
import {
  claimUpload,
  createUpload,
  deleteEnded,
  deleteUploads,
  endedVerifications,
  findUpload,
  isUploadDigest,
  markReady,
  markRejected,
  markVerifiable,
  reopenUploads,
} from "../../src/store/uploads.ts";
import { anAccount, byServer, describeEach, later, opened } from "./databases.ts";

const aDigest = () => createHash("sha256").update(randomUUID()).digest("hex");

const source = (accountId: string, digest = aDigest()): NewImage => ({
  accountId,
  kind: "SOURCE",
  digest,
  sourceDigest: aDigest(),
  contentType: "image/jpeg",
  byteLength: 12_345,
  width: 640,
  height: 480,
});

describeEach("images", (make) => {
  const store = opened(make);

  it("are kept and found", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const image = await createImage(db, source(accountId), later());
    expect(await findImage(db, image.id)).toEqual(image);
    expect(await findImages(db, [image.id, "none"])).toEqual([image]);
    expect(await findImageByDigest(db, accountId, image.digest)).toEqual(image);
    await expect(findImageByDigest(db, accountId, "a\0b")).rejects.toMatchObject({ code: "BAD_INPUT" });
    const output = await createImage(db, { ...source(accountId), kind: "OUTPUT" }, later());
    const listed = async (...kinds: NewImage["kind"][]) =>
      (await listImages(db, accountId, kinds, { first: 10 })).edges.map(({ node }) => node.id);
    expect(await listed("SOURCE", "OUTPUT")).toEqual([output.id, image.id]);
    expect(await listed("OUTPUT")).toEqual([output.id]);
    await markDeleted(db, output.id, byServer());
    expect(await listed("OUTPUT")).toEqual([]);
  });

  it("need their bytes until the last that has them is deleted", async () => {
    const { db } = store;
    const [accountId, otherId] = [await anAccount(db), await anAccount(db)];
    const [shared, c2paDigest] = [aDigest(), aDigest()];
    const first = await createImage(db, { ...source(accountId, shared), c2paDigest }, later());
    const second = await createImage(db, source(otherId, shared), later());
    const needed = async () => [await isImageDigest(db, shared), await isImageDigest(db, c2paDigest)];
    expect(await needed()).toEqual([true, true]);
    expect(await markDeleted(db, first.id, byServer())).toMatchObject({ id: first.id });
    expect(await markDeleted(db, first.id, byServer())).toBeUndefined();
    expect(await needed()).toEqual([true, false]);
    await markDeleted(db, second.id, byServer());
    expect(await needed()).toEqual([false, false]);
    expect(await findImage(db, first.id)).toMatchObject({ id: first.id, digest: shared });
  });

  it("take the room of their bytes and of the histories they brought, until they are deleted", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const history = { c2paDigest: aDigest(), c2paByteLength: 1000 };
    const first = await createImage(db, { ...source(accountId), ...history }, later());
    const second = await createImage(db, source(accountId), later());
    expect(await storedBytes(db, accountId)).toBe(2 * 12_345 + 1000);
    await markDeleted(db, first.id, byServer());
    expect(await storedBytes(db, accountId)).toBe(12_345);
    await markDeleted(db, second.id, byServer());
    expect(await storedBytes(db, accountId)).toBe(0);
  });

  it("are blocked and unblocked", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const image = await createImage(db, source(accountId), later());
    const { id } = image;
    expect(await unblockImage(db, image, "not blocked", byServer())).toBe(false);
    const act = byServer();
    expect(await db.batch(blockImageStatements(image, "a match", act))).toBe(true);
    expect(await findImage(db, id)).toMatchObject({ blockedAt: act.at });
    expect((await listImages(db, accountId, ["SOURCE"], { first: 10 })).edges).toEqual([]);
    expect(await markDeleted(db, id, byServer())).toBeUndefined();
    expect(await unblockImage(db, image, "no match", byServer())).toBe(true);
    expect(await findImage(db, id)).toMatchObject({ blockedAt: null });
    const traces = await db.client.auditEvent.findMany({ where: { subjectId: id }, orderBy: { at: "asc" } });
    expect(traces.map(({ kind }) => kind)).toEqual(["image.created", "image.blocked", "image.unblocked"]);
  });
});

describeEach("blocked bytes", (make) => {
  const store = opened(make);

  it("are blocked in every picture that has them, and let go in all", async () => {
    const { db } = store;
    const digest = aDigest();
    const first = await createImage(db, source(await anAccount(db), digest), later());
    const second = await createImage(db, source(await anAccount(db), digest), later());
    const another = await createImage(db, source(first.accountId), later());
    const blocked = async () =>
      (await findImages(db, [first.id, second.id, another.id])).flatMap(({ id, blockedAt }) => (blockedAt ? id : []));
    const act = byServer();
    await db.batch(blockImageStatements(first, "a match", act));
    expect((await blocked()).sort()).toEqual([first.id, second.id].sort());
    expect([(await findBlocked(db, digest))?.id, await findBlocked(db, another.digest)]).toEqual([first.id, null]);
    expect(await markDeleted(db, second.id, byServer())).toBeUndefined();
    expect(await unblockImage(db, second, "no match", byServer())).toBe(true);
    expect([await blocked(), await findBlocked(db, digest)]).toEqual([[], null]);
  });
});

describeEach("uploads", (make) => {
  const store = opened(make);

  const anUpload = async (
    expiresAt = new Date(later().getTime() + 3_600_000),
    kind: "SOURCE" | "VERIFY" = "SOURCE",
  ) => {
    const accountId = await anAccount(store.db);
    const wanted = { accountId, kind, contentType: "image/png", byteLength: 10, expiresAt } as const;
    return createUpload(store.db, wanted, later());
  };

  it("are claimed by one PUT and become pictures", async () => {
    const { db } = store;
    const { id, accountId } = await anUpload();
    const claims = await Promise.all(Array.from({ length: 6 }, () => claimUpload(db, id, later())));
    expect(claims.filter((claim) => claim !== undefined)).toMatchObject([{ id, state: "RECEIVING" }]);
    const imageId = await markReady(db, id, source(accountId), later());
    expect(await findUpload(db, id)).toMatchObject({ state: "READY", imageId });
    expect(await findImage(db, imageId)).toMatchObject({ accountId, kind: "SOURCE" });
    expect(await claimUpload(db, id, later())).toBeUndefined();
  });

  it("are rejected with a reason", async () => {
    const { db } = store;
    const { id } = await anUpload();
    await claimUpload(db, id, later());
    await markRejected(db, id, "IMAGE_UNREADABLE", "the file is cut off", later());
    const rejected = { state: "REJECTED", errorCode: "IMAGE_UNREADABLE", errorMessage: "the file is cut off" };
    expect(await findUpload(db, id)).toMatchObject(rejected);
  });

  it("wait again when the server that received them ended", async () => {
    const { db } = store;
    const { id } = await anUpload();
    const at = later();
    expect(await claimUpload(db, id, at)).toBeDefined();
    expect(await claimUpload(db, id, at)).toBeUndefined();
    await reopenUploads(db);
    expect(await claimUpload(db, id, at)).toBeDefined();
  });

  it("end with their time", async () => {
    const { db } = store;
    const expiresAt = later();
    const { id } = await anUpload(expiresAt);
    const { id: laterId } = await anUpload();
    expect(await claimUpload(db, id, expiresAt)).toBeUndefined();
    await deleteEnded(db, expiresAt);
    expect(await findUpload(db, id)).not.toBeNull();
    await deleteEnded(db, new Date(expiresAt.getTime() + 1));
    expect(await findUpload(db, id)).toBeNull();
    expect(await findUpload(db, laterId)).toMatchObject({ id: laterId });
  });

  it("to be verified need a file as long as their time lasts, and are named once it is over", async () => {
    const { db } = store;
    const long = new Date(later().getTime() + 3_600_000);
    const shared = aDigest();
    const verifiable = async (sha256: string, expiresAt: Date) => {
      const { id } = await anUpload(expiresAt, "VERIFY");
      expect(await claimUpload(db, id, new Date(0))).toMatchObject({ kind: "VERIFY", sha256: null });
      await markVerifiable(db, id, sha256);
      expect(await findUpload(db, id)).toMatchObject({ state: "READY", imageId: null, sha256 });
      return { id, sha256 };
    };
    const [start, end, own] = [later(), later(), aDigest()];
    const [first, only] = [await verifiable(shared, end), await verifiable(own, end)];
    const second = await verifiable(shared, long);
    const underWay = await anUpload(end, "VERIFY");
    await claimUpload(db, underWay.id, new Date(0));
    const needed = async (at: Date) => [await isUploadDigest(db, own, at), await isUploadDigest(db, shared, at)];
    expect([await needed(start), await needed(end), await needed(long)]).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect(await endedVerifications(db, start)).toEqual([]);
    expect(await endedVerifications(db, end)).toEqual([first, only]);
    await deleteEnded(db, long);
    expect(await endedVerifications(db, end)).toEqual([first, only]);
    await deleteUploads(db, [first.id, only.id]);
    expect(await endedVerifications(db, long)).toEqual([second]);
    expect(await findUpload(db, underWay.id)).toMatchObject({ state: "RECEIVING" });
  });
});
