import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  EditDocument,
  LineageDocument,
  ModelsDocument,
  OneEditDocument,
  ProvenanceDocument,
  RerunEditDocument,
  VerifyImageDocument,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { wallClock } from "../../src/core/clock.ts";
import { Credentials } from "../../src/provenance/credentials.ts";
import { openDevelopmentIdentity } from "../../src/provenance/signing-identity.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { findImage } from "../../src/store/images.ts";
import { readWithTypeScript, readWithWasm } from "../provenance/other-readers.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

const formats = ["PNG", "JPEG", "WEBP", "AVIF"] as const;

let server: TestServer;
let client: Client;
let photograph: string;
let anchors: string;
beforeAll(async () => {
  server = await testServer();
  client = server.client;
  const file = await readFile(join(import.meta.dirname, "../../samples/chelsea.png"));
  photograph = await client.upload(
    new Uint8Array(await sharp(file).resize(400, 300, { fit: "fill" }).png().toBuffer()),
  );
  const chain = await readFile(join(server.dataFolder, "credentials", "development-certificate.pem"), "utf8");
  anchors = chain.slice(chain.lastIndexOf("-----BEGIN"));
});
afterAll(() => server[Symbol.asyncDispose]());

async function finish(id: string) {
  for await (const _ of client.progress(id));
  const { edit } = await client.ask(OneEditDocument, { id });
  expect(edit).toMatchObject({ status: "SUCCEEDED" });
  const [image] = edit!.images;
  return { id, imageId: image!.id, type: image!.contentType, bytes: await download(image!.url!) };
}

async function make(imageId: string, input: object = {}) {
  const { edit } = await client.ask(EditDocument, {
    input: { prompt: "make it night", images: [{ imageId }], steps: 1, seed: 3, ...input },
  });
  return finish(edit.id);
}

async function download(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

async function verify(bytes: Uint8Array, by = client) {
  const dataUri = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
  return (await by.ask(VerifyImageDocument, { dataUri })).verifyImage;
}

describe("a result", () => {
  it.each(formats)("in %s carries credentials that others' programs find to hold", async (format) => {
    const { bytes, type } = await make(photograph, { output: { format } });
    expect(await readWithWasm(bytes, type, anchors)).toMatchObject({ state: "Trusted", manifests: 1, faults: [] });
    if (format !== "WEBP") expect((await readWithTypeScript(bytes))?.isValid).toBe(true);
    const found = await verify(bytes);
    expect(found.credentials).toMatchObject({
      state: "TRUSTED",
      own: true,
      manifest: { actions: ["c2pa.opened", "c2pa.edited", "c2pa.watermarked.bound"], prompt: null },
    });
    expect(found.watermark?.payload).toBe(found.credentials?.manifest?.watermark);
    expect(found.summary).toMatch(/^It was signed by this server and is untouched since, and its watermark leads to /);
  });

  const under = async (background: string) => {
    const mask = sharp({ create: { width: 400, height: 300, channels: 3, background } }).png();
    return { mask: { imageId: await client.upload(new Uint8Array(await mask.toBuffer()), "MASK") } };
  };

  it.each([
    ["under a mask that is all white", () => under("#fff"), true],
    ["under a mask that is all black", () => under("#000"), false],
    ["of a quality that leaves nothing of it", () => ({ output: { format: "WEBP", quality: 1 } }), false],
    ["of a quality that leaves it", () => ({ output: { format: "JPEG", quality: 75 } }), true],
  ])("%s says of its mark what is true", async (_, input, isMarked) => {
    const { bytes, imageId } = await make(photograph, await input());
    const { credentials, watermark } = await verify(bytes);
    expect(watermark !== null).toBe(isMarked);
    expect(credentials?.manifest?.actions.includes("c2pa.watermarked.bound")).toBe(isMarked);
    expect(credentials?.manifest?.watermark !== null).toBe(isMarked);
    const { provenance } = await client.ask(ProvenanceDocument, { imageId });
    expect(provenance?.watermark !== null).toBe(isMarked);
  });

  it("leads back to how it was made, and its chain of three edits to each other", async () => {
    const first = await make(photograph);
    const second = await make(first.imageId, { prompt: "sepia" });
    const third = await make(second.imageId, { prompt: "make it snow", output: { format: "JPEG" } });
    expect(await readWithWasm(third.bytes, third.type, anchors)).toMatchObject({ state: "Trusted", manifests: 3 });
    const { provenance } = await client.ask(ProvenanceDocument, { imageId: third.imageId });
    expect(provenance).toMatchObject({
      edit: { id: third.id },
      recipe: { seed: 3, provider: "cpu", request: { imageIds: [second.imageId] } },
      credentials: { state: "TRUSTED", manifest: { sources: [{ relationship: "parentOf", faults: [] }] } },
    });
    const parent = provenance!.credentials!.manifest!.sources[0]!.manifest!;
    expect(parent.sources[0]!.manifest!.actions).toContain("c2pa.edited");
    for (const { imageId } of [first, second, third]) {
      const { lineage } = await client.ask(LineageDocument, { imageId });
      const ids = lineage.map(({ id }) => id);
      expect(ids.filter((id) => [first, second, third].some((edit) => edit.id === id))).toEqual([
        first.id,
        second.id,
        third.id,
      ]);
    }
  });

  it("names what the engine ran on when it was made, which a restart may change", async () => {
    const { engine } = server.server;
    const health = vi.spyOn(engine, "health", "get").mockReturnValue({ ...engine.health, provider: "webgpu" });
    const { imageId } = await make(photograph);
    const { models } = await client.ask(ModelsDocument, {});
    health.mockRestore();
    const { provenance } = await client.ask(ProvenanceDocument, { imageId });
    expect(models[0]!.provider).toBe("webgpu");
    expect(provenance).toMatchObject({ recipe: { provider: "webgpu" } });
    expect((await client.ask(ModelsDocument, {})).models[0]!.provider).toBe("cpu");
  });

  it("is told apart from one that was changed, stripped, or signed by somebody else", async () => {
    const { bytes, id } = await make(photograph, { output: { format: "JPEG" } });
    const flipped = bytes.slice();
    flipped[flipped.length - 100]! ^= 1;
    expect((await verify(flipped)).credentials).toMatchObject({ state: "BROKEN", own: false });

    const stripped = await verify(new Uint8Array(await sharp(bytes).jpeg({ quality: 75 }).toBuffer()));
    expect(stripped.credentials?.state).toBe("ABSENT");
    expect(stripped.watermark?.images.map(({ provenance }) => provenance?.edit.id)).toContain(id);
    expect(stripped.nearest[0]?.distance).toBeLessThanOrEqual(31);

    const folder = join(server.dataFolder, "foreign");
    const identity = await openDevelopmentIdentity(folder, new Date());
    await using foreign = await Credentials.open({ identity, version: "1", clock: wallClock });
    const plain = new Uint8Array(await sharp(bytes).jpeg().toBuffer());
    const model = { name: "theirs", digest: "00".repeat(32) };
    const claim = { mimeType: "image/jpeg", title: "theirs", sources: [], model, at: new Date() } as const;
    const theirs = await verify(await foreign.sign(plain, claim));
    expect(theirs.credentials).toMatchObject({ state: "VALID", own: false, manifest: { model: "theirs" } });
  });

  it("brings its history along when it is uploaded, whose bytes count as its account's", async () => {
    const { db, storage } = server.server.services;
    const { c2paDigest, c2paByteLength } = (await findImage(db, await client.upload((await make(photograph)).bytes)))!;
    expect(c2paByteLength).toBe((await storage.stat(c2paDigest!))!.byteLength);
  });

  it("is found again at half its size, and what has nothing to do with it is not", async () => {
    const { bytes, id } = await make(photograph);
    const half = await verify(new Uint8Array(await sharp(bytes).resize({ width: 200 }).png().toBuffer()));
    expect(half.watermark?.images.map(({ provenance }) => provenance?.edit.id)).toContain(id);
    expect(half.nearest.length).toBeGreaterThan(0);
    const other = await readFile(join(import.meta.dirname, "../../samples/rocket.jpg"));
    const unknown = await verify(new Uint8Array(await sharp(other).resize(400, 300).jpeg().toBuffer()));
    expect(unknown).toMatchObject({ credentials: { state: "ABSENT" }, watermark: null, nearest: [] });
    expect(unknown.summary).toBe(
      "It carries no credentials, from which nothing follows, and nothing in its pixels points here.",
    );
  });

  it("of another account is recognised as this server's, and nothing more is told", async () => {
    const { bytes } = await make(photograph, { prompt: "a private sentence" });
    const stranger = await server.account("stranger");
    const found = await verify(bytes, stranger.client);
    expect(found).toMatchObject({ credentials: { own: true }, watermark: { images: [] }, nearest: [] });
    const copy = await verify(new Uint8Array(await sharp(bytes).jpeg().toBuffer()), stranger.client);
    expect(copy.summary).toMatch(/but its watermark is this server's\.$/);
  });
});

describe("a rerun", () => {
  async function rerun(id: string) {
    const { rerunEdit } = await client.ask(RerunEditDocument, { id });
    const again = await finish(rerunEdit.id);
    const { provenance } = await client.ask(ProvenanceDocument, { imageId: again.imageId });
    const { db } = server.server.services;
    const { edges } = await listAuditEvents(db, { subjectId: again.id, kinds: ["edit.compared"] }, { first: 10 });
    return { ...again, seed: rerunEdit.seed, said: provenance!.rerun, audited: edges.map(({ node }) => node) };
  }

  it("comes out identical, mark included, and says so, in the audit log too", async () => {
    const first = await make(photograph, { seed: 8, output: { format: "WEBP" } });
    const again = await rerun(first.id);
    expect(again.seed).toBe(8);
    const outcome = { identical: true, difference: { max: 0, mean: 0, psnr: null } };
    expect(again.said).toEqual({ imageId: first.imageId, ...outcome });
    expect(Buffer.compare(again.bytes, first.bytes)).not.toBe(0);
    const details = { imageId: again.imageId, earlierImageId: first.imageId, ...outcome };
    expect(again.audited).toMatchObject([{ actor: "server", subjectKind: "edit", details }]);
    const { imageId } = first;
    await server.server.services.gallery.remove(imageId, "test");
    const third = await rerun(first.id);
    expect(third.said).toEqual({ imageId, identical: true, difference: null });
    expect(third.audited).toMatchObject([{ details: { earlierImageId: imageId, identical: true, difference: null } }]);
  });

  it("is made although the earlier picture's bytes are missing, and compared by what the model made", async () => {
    const first = await make(photograph, { seed: 10 });
    const { db, storage } = server.server.services;
    await storage.delete((await findImage(db, first.imageId))!.digest);
    const { said } = await rerun(first.id);
    expect(said).toEqual({ imageId: first.imageId, identical: true, difference: null });
  });

  it("says how far off it is where something has changed: here the key that pictures are marked with", async () => {
    const first = await make(photograph, { seed: 9 });
    server.environment.PENTIMENTO_WATERMARK_KEY = Buffer.alloc(32, 5).toString("base64url");
    await server.restart();
    client = server.client;
    const { said, audited } = await rerun(first.id);
    expect(said).toMatchObject({ imageId: first.imageId, identical: false });
    const { max, mean, psnr } = said!.difference!;
    expect(max).toBeGreaterThan(0);
    expect(mean).toBeGreaterThan(0);
    expect(psnr).toBeGreaterThan(30);
    expect(psnr).toBeLessThan(60);
    const details = { earlierImageId: first.imageId, identical: false, difference: { max, mean, psnr } };
    expect(audited).toMatchObject([{ kind: "edit.compared", details }]);
  });

  it("is refused for what is not there, or was made by a model that is not served", async () => {
    const ask = (id: string) => client.ask(RerunEditDocument, { id });
    await expect(ask("0".repeat(26))).rejects.toMatchObject({ code: "NOT_FOUND" });
    const { db } = server.server.services;
    const { id } = await make(photograph);
    const { request } = await db.client.edit.findUniqueOrThrow({ where: { id } });
    const elsewhere = { ...(request as object), modelDigest: "ab".repeat(32) };
    await db.client.edit.update({ where: { id }, data: { request: elsewhere } });
    await expect(ask(id)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
  });
});
