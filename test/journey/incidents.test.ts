import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
