import { access } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EditDocument,
  OneEditDocument,
  ProvenanceDocument,
  VerifyImageDocument,
} from "../../schema/generated/graphql.ts";
import { wallClock } from "../../src/core/clock.ts";
import { Credentials } from "../../src/provenance/credentials.ts";
import { openDevelopmentIdentity } from "../../src/provenance/signing-identity.ts";
import { findImage } from "../../src/store/images.ts";
import { readWithTypeScript } from "../provenance/other-readers.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ PENTIMENTO_CREDENTIALS: "off" });
});
afterAll(() => server[Symbol.asyncDispose]());

async function make(imageId: string) {
  const { client } = server;
  const input = { prompt: "make it night", images: [{ imageId }], steps: 1, seed: 3 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const _ of client.progress(edit.id));
  const { images } = (await client.ask(OneEditDocument, { id: edit.id })).edit!;
  return { editId: edit.id, imageId: images[0]!.id, bytes: await client.download(images[0]!.url!) };
}

async function verify(bytes: Uint8Array) {
  const dataUri = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
  return (await server.client.ask(VerifyImageDocument, { dataUri })).verifyImage;
}

describe("without credentials", () => {
  it("a result is delivered unsigned, and is still found by its mark and its looks", async () => {
    const { client } = server;
    const imageId = await client.upload(await pictureFile({ width: 400, height: 300 }));
    const { editId, ...result } = await make(imageId);
    expect(await readWithTypeScript(result.bytes)).toBeUndefined();
    await expect(access(join(server.dataFolder, "credentials"))).rejects.toMatchObject({ code: "ENOENT" });
    const { provenance } = await client.ask(ProvenanceDocument, { imageId: result.imageId });
    expect(provenance).toMatchObject({ credentials: null, edit: { id: editId }, watermark: expect.any(String) });
    const found = await verify(result.bytes);
    expect(found).toMatchObject({ credentials: null, watermark: { payload: provenance!.watermark } });
    expect(found.watermark!.images.map(({ id }) => id)).toEqual([result.imageId]);
    expect(found.summary).toMatch(
      /^Its credentials were not looked at, and its watermark leads to your picture, and it/,
    );
    const plain = new Uint8Array(
      await sharp(await pictureFile({ width: 96, height: 96 }, 5))
        .jpeg()
        .toBuffer(),
    );
    expect((await verify(plain)).summary).toBe(
      "Its credentials were not looked at, and nothing in its pixels points here.",
    );
  });

  it("the history that an upload brings is neither kept nor looked at", async () => {
    const identity = await openDevelopmentIdentity(join(server.dataFolder, "foreign"), new Date());
    await using foreign = await Credentials.open({ identity, version: "1", clock: wallClock });
    const model = { name: "theirs", digest: "00".repeat(32) };
    const claim = { mimeType: "image/png", title: "theirs", sources: [], model, at: new Date() } as const;
    const signed = await foreign.sign(await pictureFile({ width: 64, height: 48 }, 7), claim);
    const imageId = await server.client.upload(signed);
    expect(await findImage(server.server.services.db, imageId)).toMatchObject({ c2paDigest: null });
    expect(await verify(signed)).toMatchObject({ credentials: null });
    expect(await readWithTypeScript((await make(imageId)).bytes)).toBeUndefined();
  });
});
