import { createHash } from "node:crypto";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EditDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
/** Pictures whose ratios lead to three buckets. */
let imageIds: string[];
beforeAll(async () => {
  server = await testServer();
  const sizes = [
    { width: 80, height: 80 },
    { width: 120, height: 70 },
    { width: 60, height: 110 },
  ];
  imageIds = await Promise.all(sizes.map(async (size, i) => server.client.upload(await pictureFile(size, i))));
});
afterAll(() => server[Symbol.asyncDispose]());

const wishes = Array.from({ length: 24 }, (_, i) => ({
  prompt: ["make it night", "a red frame", "remove the cup", "black and white, please", "sepia"][i % 5]!,
  steps: 2 + (i % 4),
  guidance: 1 + (i % 7),
  seed: 100 + (i % 11),
  picture: i % 3,
  ...(i % 6 === 5 && { trueCfg: 2.5, negativePrompt: "blurry" }),
}));

async function submit({ picture, ...wish }: (typeof wishes)[number]): Promise<string> {
  const input = { ...wish, images: [{ imageId: imageIds[picture]! }] };
  return (await server.client.ask(EditDocument, { input })).edit.id;
}

/** Waits for the result: a digest of its pixels, and its bucket. */
async function arrive(id: string): Promise<{ pixels: string; bucket: string }> {
  let bucket = "";
  for await (const event of server.client.progress(id)) if (event.__typename === "StartedEvent") bucket = event.bucket;
  const { edit } = await server.client.ask(OneEditDocument, { id });
  expect(edit).toMatchObject({ status: "SUCCEEDED" });
  const bytes = await (await fetch(edit!.images[0]!.url!)).arrayBuffer();
  const data = await sharp(Buffer.from(bytes)).raw().toBuffer();
  return { pixels: createHash("sha256").update(data).digest("hex"), bucket };
}

describe("mixed load", () => {
  it("24 edits of three buckets at once: each picture is the one that the edit gives alone", async () => {
    const ids = await Promise.all(wishes.map(submit));
    const together = await Promise.all(ids.map(arrive));
    expect(new Set(together.map(({ bucket }) => bucket)).size).toBe(3);
    const alone: string[] = [];
    for (const wish of wishes) alone.push((await arrive(await submit(wish))).pixels);
    expect(together.map(({ pixels }) => pixels)).toEqual(alone);
    expect(new Set(alone).size).toBe(wishes.length);
  });
});
