import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/core/image.ts";
import type { FilterOutcome } from "../../src/core/moderation.ts";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { Originals } from "../../src/delivery/originals.ts";
import { readWhole, type Storage } from "../../src/delivery/storage.ts";
import { decodeImage } from "../../src/intake/decode.ts";
import { Incidents } from "../../src/journey/incidents.ts";
import { unseal } from "../../src/moderation/seal.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { createImage, findImage, markDeleted } from "../../src/store/images.ts";
import { isSealedDigest } from "../../src/store/incidents.ts";
import { anAccount, anEdit, byServer, later } from "../store/databases.ts";
import { waves } from "../support/pictures.ts";
import { SetClock } from "../support/set-clock.ts";

const pair = generateKeyPairSync("x25519");
const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const privateKey = pair.privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);

const shown = waves({ width: 32, height: 24 }, 1);
const other = waves({ width: 32, height: 24 }, 2);
const hit: FilterOutcome = {
  stage: "SOURCE",
  index: 0,
  filter: "worst",
  filterVersion: "1",
  policyVersion: "1",
  verdict: "REFUSE",
  categories: [{ category: "CSAM", score: 1, threshold: 0.5, verdict: "REFUSE" }],
  ms: 1,
};

let folder: string;
let db: Database;
let storage: LocalStorage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-incidents-"));
  db = await openDatabase(`file:${join(folder, "pentimento.db")}`);
  storage = await LocalStorage.open(join(folder, "images"));
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What is kept of an edit whose source was hit and, before that was recorded, deleted. */
async function keptOfDeleted({ storage, ...keeping }: { storage: Storage; publicKey?: Uint8Array }) {
  const accountId = await anAccount(db);
  const row = { width: 32, height: 24, contentType: "image/png", byteLength: 9, digest: "ab".repeat(32) };
  const image = await createImage(db, { ...row, accountId, kind: "SOURCE", sourceMd5: "cd".repeat(16) }, later());
  const { request, ...edit } = await anEdit(db, accountId);
  await markDeleted(db, image.id, byServer());
  const unsealed: unknown[] = [];
  const incidents = new Incidents({
    db,
    clock: new SetClock(),
    ...keeping,
    onUnsealed: (error) => unsealed.push(error),
  });
  const named = { ...edit, request: { ...request, imageIds: [image.id] } };
  const originals = new Originals(storage, (digest) => isSealedDigest(db, digest));
  // What follows the record may fail: the bytes stay with it.
  const failing = originals.storing(async (put) => {
    await db.batch(await incidents.keep(named, { verdict: "REFUSE", outcomes: [hit] }, [shown], put));
    throw new Error("halted");
  });
  await expect(failing).rejects.toThrow("halted");
  const [incident] = await db.client.incident.findMany({ where: { editId: edit.id } });
  return { image, incident, unsealed };
}

describe("a hit whose source is deleted meanwhile", () => {
  it("is on record, with the pixels that the filters were shown sealed", async () => {
    const { image, incident, unsealed } = await keptOfDeleted({ storage, publicKey });
    expect(unsealed).toEqual([]);
    expect(incident).toMatchObject({ imageId: image.id, sha256: image.sourceDigest, md5: image.sourceMd5 });
    const sealed = (await readWhole(storage, incident!.sealedDigest!))!;
    const { data } = await decodeImage(unseal(sealed, privateKey));
    expect(Buffer.compare(data, shown.data)).toBe(0);
    expect(await findImage(db, image.id)).toMatchObject({ blockedAt: expect.any(Date) });
  });

  it("is on record where nothing is sealed, and where sealing fails", async () => {
    const { image, incident } = await keptOfDeleted({ storage });
    expect(incident).toMatchObject({ imageId: image.id, sealedDigest: null });
    const full = new Error("the disk is full");
    const broken = await LocalStorage.open(join(folder, "broken"));
    broken.put = () => Promise.reject(full);
    const failed = await keptOfDeleted({ storage: broken, publicKey });
    expect(failed.incident).toMatchObject({ imageId: failed.image.id, sealedDigest: null });
    expect(failed.unsealed).toEqual([full]);
  });
});

describe("several hits in one edit", () => {
  /** Keeps these hits of an edit of two pictures, of which the first is named twice, and two results. */
  async function kept(hits: readonly Partial<FilterOutcome>[], pictures: readonly RgbImage[]) {
    const accountId = await anAccount(db);
    const row = { width: 32, height: 24, contentType: "image/png", byteLength: 9, accountId, kind: "SOURCE" } as const;
    const [first, second] = [
      await createImage(db, { ...row, digest: "01".repeat(32) }, later()),
      await createImage(db, { ...row, digest: "02".repeat(32) }, later()),
    ];
    const { request, ...edit } = await anEdit(db, accountId);
    const named = { ...edit, request: { ...request, count: 2, imageIds: [first.id, second.id, first.id] } };
    const incidents = new Incidents({
      db,
      clock: new SetClock(),
      publicKey,
      onUnsealed: (error) => expect.unreachable(`${error}`),
    });
    const outcomes = hits.map((one) => ({ ...hit, ...one }));
    const originals = new Originals(storage, (digest) => isSealedDigest(db, digest));
    await originals.storing(async (put) =>
      db.batch(await incidents.keep(named, { verdict: "REFUSE", outcomes }, pictures, put)),
    );
    const found = await db.client.incident.findMany({ where: { editId: edit.id } });
    return { first, second, found };
  }

  const hexOf = ({ data }: RgbImage) => Buffer.from(data).toString("hex");
  async function sealedPixels(found: readonly { sealedDigest: string | null }[]) {
    const sealed = await Promise.all(found.map(({ sealedDigest }) => readWhole(storage, sealedDigest!)));
    const pictures = await Promise.all(sealed.map((bytes) => decodeImage(unseal(bytes!, privateKey))));
    return pictures.map(hexOf).sort();
  }
  const both = [shown, other].map(hexOf).sort();

  it("are a record of each source, sealed and blocked, however often and by how many filters it was hit", async () => {
    const hits = [{ index: 0 }, { index: 0, filter: "second" }, { index: 1, filter: "second" }, { index: 2 }];
    const { first, second, found } = await kept(hits, [shown, other, shown]);
    const filters = Object.fromEntries(found.map(({ imageId, filter }) => [imageId, filter]));
    expect([found.length, filters]).toEqual([2, { [first.id]: "worst", [second.id]: "second" }]);
    expect(await sealedPixels(found)).toEqual(both);
    for (const { id } of [first, second])
      expect(await findImage(db, id)).toMatchObject({ blockedAt: expect.any(Date) });
  });

  it("are a record of each result, with what a mask put together of it, and of a prompt one", async () => {
    const results = [{ index: 1 }, { index: 2 }, { index: 3 }].map((one) => ({ ...one, stage: "OUTPUT" as const }));
    const { found } = await kept(results, [shown, shown, other, other]);
    expect(await sealedPixels(found)).toEqual(both);
    const prompts = [{ stage: "PROMPT" }, { stage: "PROMPT", filter: "second" }] as const;
    expect((await kept(prompts, [])).found).toMatchObject([{ stage: "PROMPT", filter: "worst" }]);
  });
});
