import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  CreateUploadDocument,
  EditDocument,
  type UploadKind,
  VerifyImageDocument,
  type VerifyImageQueryVariables,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import type { Services } from "../../src/graphql/services.ts";
import type { Loaded } from "../../src/server/base.ts";
import { listImages } from "../../src/store/images.ts";
import { createUpload, findUpload, markVerifiable } from "../../src/store/uploads.ts";
import { encodePicture } from "../provenance/pictures.ts";
import { noiseFile } from "../support/pictures.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await testServer();
  client = server.client;
});
afterAll(() => server[Symbol.asyncDispose]());

/** Signed by the server, as its results are. */
async function signed(bytes: Uint8Array, type: "jpeg" | "png" | "avif"): Promise<Uint8Array> {
  const model = { name: "a model", digest: "00".repeat(32) };
  const claim = { mimeType: `image/${type}`, title: "result", sources: [], model, at: new Date() } as const;
  return (server.server.services as Services & Pick<Loaded, "credentials">).credentials!.sign(bytes, claim);
}

async function send(bytes: Uint8Array, kind: UploadKind, contentType = "image/png", by = client) {
  const input = { contentType, byteLength: bytes.length, kind };
  const { createUpload: ticket } = await by.ask(CreateUploadDocument, { input });
  const answer = await fetch(ticket.url, { method: "PUT", body: bytes });
  return {
    uploadId: ticket.upload.id,
    status: answer.status,
    body: (await answer.json()) as { error?: { code: string } },
  };
}

const ask = async (named: VerifyImageQueryVariables, by = client) =>
  (await by.ask(VerifyImageDocument, named)).verifyImage;

/** Notes of what is to go at the next start aside. */
const filesKept = async () =>
  (await readdir(join(server.dataFolder, "to-verify"), { recursive: true })).filter(
    (name) => /[0-9a-f]{64}$/.test(name) && !name.startsWith("begun"),
  );

describe("an uploaded file", () => {
  it.each(["jpeg", "png", "avif"] as const)("of type %s is verified as it came", async (type) => {
    const bytes = await signed(await encodePicture(`image/${type}`), type);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const { uploadId, status, body } = await send(bytes, "VERIFY", `image/${type}`);
    expect([status, body]).toEqual([201, { uploadId, sha256 }]);
    const found = await ask({ uploadId });
    expect(found).toMatchObject({ credentials: { state: "TRUSTED", own: true } });
    expect(await ask({ uploadId })).toEqual(found);
    expect(await ask({ dataUri: `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}` })).toEqual(found);

    const changed = bytes.slice();
    changed[changed.length - 30]! ^= 1;
    expect(await ask({ uploadId: await client.uploadFile(changed) })).toMatchObject({
      credentials: { state: "BROKEN" },
    });
  });

  it("may be larger than a data URI, and is never a picture of the account", async () => {
    const { db } = server.server.services;
    const bytes = await signed(await noiseFile(1300), "png");
    const dataUri = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
    await expect(ask({ dataUri })).rejects.toMatchObject({ code: "IMAGE_TOO_LARGE" });
    const { accountId } = (await findUpload(db, (await send(bytes, "VERIFY")).uploadId))!;
    const before = await db.client.image.count();
    const { uploadId } = await send(bytes, "VERIFY");
    expect(await ask({ uploadId })).toMatchObject({ credentials: { state: "TRUSTED", own: true }, nearest: [] });
    expect(await findUpload(db, uploadId)).toMatchObject({ state: "READY", imageId: null });
    expect(await db.client.image.count()).toBe(before);
    expect((await listImages(db, accountId, ["SOURCE"], { first: 10 })).edges).toEqual([]);
    await expect(
      client.ask(EditDocument, { input: { prompt: "make it night", images: [{ uploadId }], steps: 1 } }),
    ).rejects.toMatchObject({ code: "BAD_INPUT", message: expect.stringMatching(/is a VERIFY and no picture/) });
  });

  it("is gone when its time is over", async () => {
    const { db, uploads } = server.server.services;
    const { uploadId } = await send(await encodePicture("image/png"), "VERIFY");
    const { sha256 } = (await findUpload(db, uploadId))!;
    expect((await filesKept()).some((name) => name.endsWith(sha256!))).toBe(true);
    await db.client.upload.update({ where: { id: uploadId }, data: { expiresAt: new Date(0) } });
    await expect(ask({ uploadId })).rejects.toMatchObject({ code: "UPLOAD_EXPIRED" });
    await uploads.forget();
    expect((await filesKept()).some((name) => name.endsWith(sha256!))).toBe(false);
    await expect(ask({ uploadId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("is verified beside one of another account, and beside none of its own", async () => {
    const { verifier } = server.server.services;
    const png = await encodePicture("image/png");
    const begin = (accountId: string) => {
      let go = () => {};
      const bytes = new Promise<Uint8Array>((resolve) => {
        go = () => resolve(png);
      });
      return { done: verifier.verify({ accountId, role: "USER" }, () => bytes), go };
    };
    const first = begin("one");
    await expect(begin("one").done).rejects.toMatchObject({
      code: "RATE_LIMITED",
      message: expect.stringMatching(/a file of this account is being verified/),
      retryAfterMs: 1000,
    });
    const second = begin("another");
    await expect(begin("a third").done).rejects.toMatchObject({
      code: "RATE_LIMITED",
      message: expect.stringMatching(/2 files of others are being verified/),
    });
    for (const { go } of [first, second]) go();
    await Promise.all([first.done, second.done]);
    const again = begin("one");
    again.go();
    await again.done;
  });

  it("is kept when it comes between the removal of another upload's file of the same bytes and the end of its row", async () => {
    const { db, uploads } = server.server.services;
    const png = await encodePicture("image/png", 77);
    const { uploadId: over } = await send(png, "VERIFY");
    await db.client.upload.update({ where: { id: over }, data: { expiresAt: new Date(0) } });
    let uploadId = "";
    const { deleteMany } = db.client.upload;
    const late = async (args: Parameters<typeof deleteMany>[0]) => {
      if (args?.where?.id !== undefined) ({ uploadId } = await send(png, "VERIFY"));
      return deleteMany(args);
    };
    vi.spyOn(db.client.upload, "deleteMany").mockImplementation((args) => late(args) as never);
    await uploads.forget();
    vi.restoreAllMocks();
    expect(await ask({ uploadId })).toMatchObject({ nearest: [] });
    await expect(ask({ uploadId: over })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("goes after all when an earlier removal was cut short", async () => {
    const { db, uploads } = server.server.services;
    const ids = await Promise.all(
      [78, 79].map(async (seed) => (await send(await encodePicture("image/png", seed), "VERIFY")).uploadId),
    );
    const digests = await Promise.all(ids.map(async (id) => (await findUpload(db, id))!.sha256!));
    await db.client.upload.updateMany({ where: { id: { in: ids } }, data: { expiresAt: new Date(0) } });
    const path = (name: string) => join(server.dataFolder, "to-verify", name.slice(0, 2), name.slice(2, 4), name);
    // A folder, which is not removed as a file is: here it ends.
    const first = path(digests[0]!);
    await rename(first, `${first}-aside`);
    await mkdir(first);
    await expect(uploads.forget()).rejects.toThrow();
    await rmdir(first);
    await rename(`${first}-aside`, first);
    await uploads.forget();
    const kept = await filesKept();
    expect(digests.filter((digest) => kept.some((name) => name.endsWith(digest)))).toEqual([]);
    expect(await db.client.upload.count({ where: { id: { in: ids } } })).toBe(0);
  });

  it("may be another one after the first could not be kept, where none was declared", async () => {
    const { db } = server.server.services;
    const [png, other] = [await encodePicture("image/png", 80), await encodePicture("image/png", 81)];
    const byteLength = Math.max(png.length, other.length);
    const padded = [png, other].map((bytes) => Buffer.concat([bytes, Buffer.alloc(byteLength - bytes.length)]));
    const input = { contentType: "image/png", byteLength, kind: "VERIFY" } as const;
    const { createUpload } = await client.ask(CreateUploadDocument, { input });
    vi.spyOn(db.client.upload, "update").mockRejectedValueOnce(new Error("the disk is full"));
    const statuses: number[] = [];
    for (const body of padded) statuses.push((await fetch(createUpload.url, { method: "PUT", body })).status);
    vi.restoreAllMocks();
    expect(statuses).toEqual([500, 201]);
    const [lost, kept] = padded.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
    expect(await findUpload(db, createUpload.upload.id)).toMatchObject({ state: "READY", sha256: kept });
    expect((await filesKept()).some((name) => name.endsWith(lost!))).toBe(false);
  });

  it("that never came is expired once its time is over", async () => {
    const { db } = server.server.services;
    const input = { contentType: "image/png", byteLength: 9, kind: "SOURCE" } as const;
    const uploadId = (await client.ask(CreateUploadDocument, { input })).createUpload.upload.id;
    const edit = () =>
      client.ask(EditDocument, { input: { prompt: "make it night", images: [{ uploadId }], steps: 1 } });
    await expect(edit()).rejects.toMatchObject({ code: "BAD_INPUT", message: expect.stringMatching(/not come yet/) });
    await db.client.upload.update({ where: { id: uploadId }, data: { expiresAt: new Date() } });
    await expect(edit()).rejects.toMatchObject({ code: "UPLOAD_EXPIRED" });
  });

  it("is refused while those of its account take 200 MiB", async () => {
    const { db } = server.server.services;
    const { client: by, accountId } = await server.account("of many files");
    const [now, png] = [new Date(), await encodePicture("image/png")];
    const expiresAt = new Date(now.getTime() + 900_000);
    const upload = {
      accountId,
      kind: "VERIFY",
      contentType: "image/png",
      byteLength: 20 * 2 ** 20,
      expiresAt,
    } as const;
    const others = await Promise.all(Array.from({ length: 10 }, () => createUpload(db, upload, now)));
    const sent = async () => {
      const { status, body } = await send(png, "VERIFY", "image/png", by);
      return [status, body.error?.code];
    };
    expect(await sent()).toEqual([201, undefined]);
    for (const { id } of others) await markVerifiable(db, id, "0".repeat(64));
    expect(await sent()).toEqual([429, "QUOTA_EXCEEDED"]);
    await db.client.upload.update({ where: { id: others[0]!.id }, data: { expiresAt: now } });
    expect(await sent()).toEqual([201, undefined]);
  });

  it("is refused with its reason where it cannot be verified", async () => {
    const png = await encodePicture("image/png");
    const { accountId: _, client: stranger } = await server.account("stranger");
    const theirs = await send(png, "VERIFY", "image/png", stranger);
    const source = await send(png, "SOURCE");
    const text = await send(new TextEncoder().encode("no picture"), "VERIFY");
    expect([text.status, text.body.error?.code]).toEqual([415, "IMAGE_UNSUPPORTED"]);
    const input = { contentType: "image/png", byteLength: 9, kind: "VERIFY" } as const;
    const { createUpload } = await client.ask(CreateUploadDocument, { input });
    const uploadId = createUpload.upload.id;
    for (const [named, code, message] of [
      [{ uploadId: theirs.uploadId }, "NOT_FOUND", /there is no upload/],
      [{ uploadId: "none" }, "NOT_FOUND", /there is no upload "none"/],
      [{ uploadId: source.uploadId }, "BAD_INPUT", /is a SOURCE.*with kind VERIFY/],
      [{ uploadId: text.uploadId }, "IMAGE_UNSUPPORTED", /the file is no JPEG/],
      [{ uploadId }, "BAD_INPUT", /its bytes have not come yet/],
      [{ uploadId, dataUri: "data:image/png;base64,AAAA" }, "BAD_INPUT", /exactly one of dataUri and uploadId/],
      [{}, "BAD_INPUT", /exactly one of dataUri and uploadId/],
    ] as const) {
      await expect(ask(named)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
    const avif = { contentType: "image/avif", byteLength: 9, kind: "SOURCE" } as const;
    await expect(client.ask(CreateUploadDocument, { input: avif })).rejects.toMatchObject({
      code: "IMAGE_UNSUPPORTED",
    });
  });
});
