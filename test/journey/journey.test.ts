import { createHash } from "node:crypto";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  CancelEditDocument,
  CreateUploadDocument,
  EditDocument,
  EstimateDocument,
  OneEditDocument,
  type ProgressPartsFragment,
} from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
let client: Client;
let imageId: string;
beforeAll(async () => {
  server = await testServer();
  client = server.client;
  imageId = await client.upload(await pictureFile({ width: 90, height: 70 }));
});
afterAll(() => server[Symbol.asyncDispose]());

async function follow(editId: string, previews = false): Promise<ProgressPartsFragment[]> {
  const events: ProgressPartsFragment[] = [];
  for await (const event of client.progress(editId, previews)) events.push(event);
  return events;
}

async function edit(input: object = {}) {
  const answer = await client.ask(EditDocument, {
    input: { prompt: "make it night", images: [{ imageId }], steps: 3, seed: 5, ...input },
  });
  return answer.edit;
}

describe("an edit", () => {
  it("goes from upload to a signed link whose bytes decode, with numbered events in order", async () => {
    const accepted = await edit();
    expect(accepted).toMatchObject({ status: "MODERATING", steps: 3, seed: 5, images: [] });
    const events = await follow(accepted.id, true);
    expect(events.map(({ __typename }) => __typename)).toEqual([
      "QueuedEvent",
      "StartedEvent",
      "StepEvent",
      "StepEvent",
      "StepEvent",
      "CompletedEvent",
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const steps = events.filter((event) => event.__typename === "StepEvent");
    const sketch = expect.stringMatching(/^data:image\/webp;base64,/);
    expect(steps.map(({ preview }) => preview)).toEqual([sketch, sketch, null]);
    const completed = events.at(-1);
    if (completed?.__typename !== "CompletedEvent") throw new Error("no result");
    const [image] = completed.images;
    const answer = await fetch(image!.url!);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("image/png");
    const { width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    expect({ width, height }).toEqual({ width: 90, height: 70 });
    const stored = await client.ask(OneEditDocument, { id: accepted.id });
    expect(stored.edit).toMatchObject({ status: "SUCCEEDED", error: null, verdict: null });
    expect(stored.edit!.images).toHaveLength(1);
  });

  it("finds its upload encoded for the model, which was done while nobody waited", async () => {
    const images = async () => (await server.server.engine.status()).child!.images;
    const before = await images();
    const uploaded = await client.upload(await pictureFile({ width: 80, height: 60 }, 7));
    await vi.waitFor(async () => expect((await images()).entries).toBe(before.entries + 1));
    const encoded = await images();
    await follow((await edit({ images: [{ imageId: uploaded }] })).id);
    expect(await images()).toMatchObject({ entries: encoded.entries, misses: encoded.misses });
  });

  it("finds its prompt encoded, which was done while filters judged it", async () => {
    const prompts = async () => (await server.server.engine.status()).child!.prompts;
    const before = await prompts();
    await follow((await edit({ prompt: "paint the sky violet" })).id);
    expect(await prompts()).toMatchObject({ misses: before.misses + 1, hits: before.hits + 1 });
  });

  it("takes a prompt of 10,000 characters, whatever room they take, and a negative prompt that is empty", async () => {
    const { id } = await edit({ trueCfg: 2, negativePrompt: "", steps: 1 });
    expect((await follow(id)).at(-1)).toMatchObject({ status: "SUCCEEDED" });
    const { edit: longest } = await client.ask(EditDocument, { input: { prompt: "🌙".repeat(10_000) } });
    expect((await client.ask(CancelEditDocument, { id: longest.id })).cancelEdit.prompt).toHaveLength(20_000);
  });

  it("gives the same picture for the same seed, and several for a count", async () => {
    const one = await edit({ seed: 11 });
    const three = await edit({ seed: 10, count: 3 });
    await Promise.all([follow(one.id), follow(three.id)]);
    const [single, many] = await Promise.all(
      [one, three].map(async ({ id }) => (await client.ask(OneEditDocument, { id })).edit!.images),
    );
    const digests = await Promise.all([...single!, ...many!].map(({ url }) => digestOf(url!)));
    expect(many).toHaveLength(3);
    expect(digests[0]).toBe(digests[2]);
    expect(new Set(digests.slice(1)).size).toBe(3);
  });

  it("can come with its picture as a data URI, in any format and size, under a mask, from several pictures or none", async () => {
    const dataUri = `data:image/png;base64,${Buffer.from(await pictureFile({ width: 64, height: 64 })).toString("base64")}`;
    const white = await sharp({ create: { width: 90, height: 35, channels: 3, background: "#fff" } })
      .extend({ bottom: 35, background: "#000" })
      .png()
      .toBuffer();
    const maskId = await client.upload(new Uint8Array(white), "MASK");
    const wishes = [
      { images: [{ dataUri }], output: { format: "WEBP", size: "MODEL" } },
      { mask: { imageId: maskId }, output: { format: "PNG" } },
      { images: [{ imageId }, { dataUri }], output: { format: "JPEG", quality: 80 } },
      { images: [], aspectRatio: "16:9", output: { format: "AVIF" } },
    ];
    const edits = await Promise.all(wishes.map(edit));
    await Promise.all(edits.map(({ id }) => follow(id)));
    const formats: string[] = [];
    for (const { id } of edits) {
      const { images } = (await client.ask(OneEditDocument, { id })).edit!;
      const bytes = Buffer.from(await (await fetch(images[0]!.url!)).arrayBuffer());
      formats.push((await sharp(bytes).metadata()).format);
    }
    expect(formats).toEqual(["webp", "png", "jpeg", "heif"]);
  });

  it("keeps the very pixels that a mask leaves black", async () => {
    const mask = await sharp({ create: { width: 90, height: 35, channels: 3, background: "#fff" } })
      .extend({ bottom: 35, background: "#000" })
      .png()
      .toBuffer();
    const maskId = await client.upload(new Uint8Array(mask), "MASK");
    const { id } = await edit({ mask: { imageId: maskId } });
    await follow(id);
    const { images, sources } = (await client.ask(OneEditDocument, { id })).edit!;
    const lower = async (url: string) =>
      sharp(Buffer.from(await (await fetch(url)).arrayBuffer()))
        .extract({ left: 0, top: 40, width: 90, height: 30 })
        .raw()
        .toBuffer();
    expect(await lower(images[0]!.url!)).toEqual(await lower(sources[0]!.url!));
  });

  it("is the same edit when it is sent again with its key, and refused with other arguments", async () => {
    const first = await edit({ idempotencyKey: "one" });
    expect((await edit({ idempotencyKey: "one" })).id).toBe(first.id);
    const many = await Promise.all(Array.from({ length: 8 }, () => edit({ idempotencyKey: "two" })));
    expect(new Set(many.map(({ id }) => id)).size).toBe(1);
    await expect(edit({ idempotencyKey: "one", seed: 6 })).rejects.toMatchObject({ code: "IDEMPOTENCY_MISMATCH" });
    await Promise.all([first, many[0]!].map(({ id }) => follow(id)));
  });

  it("can be estimated without being made", async () => {
    const { estimate } = await client.ask(EstimateDocument, { input: { prompt: "sepia", images: [{ imageId }] } });
    expect(estimate).toMatchObject({ refusal: null, bucket: { width: expect.any(Number) } });
    expect(estimate.secondsMin).toBeLessThanOrEqual(estimate.secondsMax);
    const input = { prompt: "sepia", images: [{ imageId }], count: 4 };
    const four = (await client.ask(EstimateDocument, { input })).estimate;
    expect(four.seconds).toBeGreaterThan(estimate.seconds);
    expect(four.position).toBe(estimate.position + 3);
  });
});

describe("cancelling", () => {
  it("calls off what runs and what waits, at once, and leaves the engine free", async () => {
    const running = await edit({ steps: 100 });
    const waiting = await edit({ steps: 100, seed: 6 });
    for await (const event of client.progress(running.id)) if (event.__typename === "StepEvent") break;
    for (const { id } of [waiting, running]) {
      const { cancelEdit } = await client.ask(CancelEditDocument, { id });
      expect(cancelEdit.status).toBe("CANCELLED");
      expect((await follow(id)).at(-1)).toMatchObject({ __typename: "CancelledEvent", status: "CANCELLED" });
    }
    const next = await edit({ steps: 1 });
    expect((await follow(next.id)).at(-1)).toMatchObject({ status: "SUCCEEDED" });
    expect(server.server.services.scheduler.snapshot(0).edits).toBe(0);
  });

  it("leaves what has ended as it is", async () => {
    const { id } = await edit({ steps: 1 });
    await follow(id);
    expect((await client.ask(CancelEditDocument, { id })).cancelEdit.status).toBe("SUCCEEDED");
  });
});

describe("progress", () => {
  it("replays what was missed, and ends at once when there is no more", async () => {
    const { id } = await edit();
    const all = await follow(id);
    const again = await follow(id);
    // Steps are not kept; everything else is.
    expect(again).toEqual(
      all
        .filter(({ __typename }) => __typename !== "StepEvent")
        .map((event) => expect.objectContaining({ seq: event.seq })),
    );
  });
});

describe("what is wrong", () => {
  const refused = (input: object) =>
    edit(input).then(
      () => undefined,
      (error) => error,
    );

  it("is refused with its code and every fault, and loses nothing", async () => {
    const before = server.server.services.scheduler.snapshot(0).edits;
    const faults = await refused({ steps: 0, guidance: 99, seed: -1, count: 9, aspectRatio: "9:1", prompt: "" });
    expect(faults).toMatchObject({ code: "BAD_INPUT" });
    for (const name of ["steps", "guidance", "seed", "count", "aspectRatio", "prompt"])
      expect(faults.faults.join("\n")).toContain(name);
    const codes = await Promise.all(
      [
        { images: [{ imageId: "0".repeat(26) }] },
        { images: [{}] },
        { images: [{ imageId, dataUri: "data:image/png;base64,AAAA" }] },
        { images: [{ dataUri: "data:image/png;base64,AAAA" }] },
        { images: [{ dataUri: `data:image/png;base64,${"A".repeat(6e6)}` }] },
        { images: [{ dataUri: "http://127.0.0.1/cat.png" }] },
        { images: Array.from({ length: 5 }, () => ({ imageId })) },
        { negativePrompt: "blurry" },
        { trueCfg: 2 },
        { strength: 0.5 },
        { model: "nobody" },
        { idempotencyKey: "" },
        { prompt: "🌙".repeat(10_001) },
        { prompt: "a nul\u0000 in it" },
        { prompt: "half a pair \ud83d" },
        { mask: { imageId } },
        { deadline: "2020-01-01T00:00:00.000Z" },
        { steps: "many" },
      ].map(async (input) => (await refused(input))?.code),
    );
    expect(codes).toEqual([
      "NOT_FOUND",
      "BAD_INPUT",
      "BAD_INPUT",
      "IMAGE_UNSUPPORTED",
      "IMAGE_TOO_LARGE",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "MODEL_UNAVAILABLE",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "BAD_INPUT",
      "DEADLINE_UNREACHABLE",
      "BAD_INPUT",
    ]);
    expect(server.server.services.scheduler.snapshot(0).edits).toBe(before);
  });

  it("is quoted no further than it takes to know it again", async () => {
    const { message } = await refused({ model: "m".repeat(100_000) });
    expect(message).toBe(`the model "${"m".repeat(100)}" is not served; "tiny" is`);
  });

  it("stores no picture of an edit that comes with too many, and signs no link of any length", async () => {
    const { image } = server.server.services.db.client;
    const before = await image.count();
    const bytes = await pictureFile({ width: 32, height: 32 });
    const dataUri = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
    expect(await refused({ images: Array.from({ length: 5 }, () => ({ dataUri })) })).toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(/their number is 5: at most 4/),
    });
    expect(await image.count()).toBe(before);
    const { links } = server.server.services;
    const link = (length: number) => links.image({ imageId, accountId: "a", download: "x".repeat(length) });
    expect(() => link(201)).toThrow(/download has 201 characters: at most 200/);
    expect(link(200)).toContain("download=xxx");
  });

  it("uploads that are no pictures fail on arrival, and the upload says why", async () => {
    const bytes = new TextEncoder().encode("<svg/>");
    const { createUpload } = await client.ask(CreateUploadDocument, {
      input: { contentType: "image/png", byteLength: bytes.length, kind: "SOURCE" },
    });
    const answer = await fetch(createUpload.url, { method: "PUT", body: bytes });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ error: { code: "IMAGE_UNSUPPORTED" } });
    expect(await refused({ images: [{ uploadId: createUpload.upload.id }] })).toMatchObject({
      code: "IMAGE_UNSUPPORTED",
    });
    expect((await fetch(createUpload.url, { method: "PUT", body: bytes })).status).toBe(410);
  });
});

/** Of the pixels: the file's signature has a time and chance in it. */
async function digestOf(url: string): Promise<string> {
  const pixels = await sharp(await (await fetch(url)).arrayBuffer())
    .raw()
    .toBuffer();
  return createHash("sha256").update(pixels).digest("hex");
}
