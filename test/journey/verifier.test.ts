import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { newId } from "../../src/core/id.ts";
import { Fingerprints } from "../../src/journey/fingerprints.ts";
import { Verifier, type VerifierOptions } from "../../src/journey/verifier.ts";
import { openDatabase } from "../../src/store/database.ts";
import { insert } from "../../src/store/statement.ts";
import { anAccount, anEdit, later } from "../store/databases.ts";
import { pictureFile } from "../support/test-server.ts";

const digest = "0".repeat(64);

const verifierOf = (options: Pick<VerifierOptions, "storage" | "credentials">) =>
  new Verifier(options as VerifierOptions);

/** A storage where nothing is, that counts who reads at once. */
function counting() {
  const under = { now: 0, most: 0 };
  const read = async () => {
    under.now += 1;
    under.most = Math.max(under.most, under.now);
    await nextTurn();
    under.now -= 1;
    return undefined;
  };
  return { under, storage: { read } as unknown as VerifierOptions["storage"] };
}

it("reads the credentials of stored pictures one of an account after the other, and two at once", async () => {
  const { under, storage } = counting();
  const verifier = verifierOf({ storage, credentials: {} as VerifierOptions["credentials"] });
  const ask = (accountId: string) => verifier.credentialsOf({ accountId, role: "USER" }, digest, "image/png");
  await Promise.all(Array.from({ length: 20 }, () => ask("one")));
  expect(under).toEqual({ now: 0, most: 1 });
  await Promise.all(Array.from({ length: 12 }, (_, i) => ask(["one", "two", "three"][i % 3]!)));
  expect(under).toEqual({ now: 0, most: 2 });
  const many = await Promise.allSettled(Array.from({ length: 1_002 }, () => ask("one")));
  const refused = many.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toEqual([expect.objectContaining({ code: "RATE_LIMITED", retryAfterMs: 1000 })]);
});

it("reads nothing where the server runs without credentials", async () => {
  const { under, storage } = counting();
  const verifier = verifierOf({ storage, credentials: undefined });
  expect(await verifier.credentialsOf({ accountId: "one", role: "USER" }, digest, "image/png")).toBeUndefined();
  expect(under.most).toBe(0);
});

it("finds a picture behind any number that were deleted, and tells a few of many", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-verifier-"));
  await using db = await openDatabase(`file:${join(folder, "pentimento.db")}`);
  const accountId = await anAccount(db);
  const { id: editId } = await anEdit(db, accountId);
  const [pdq, watermarkId] = ["ab".repeat(32), 7];
  const bytes = { digest, sourceDigest: digest, contentType: "image/png", byteLength: 9, width: 32, height: 24 };
  const rows = Array.from({ length: 250 }, (_, index) => {
    const createdAt = later();
    const id = newId(createdAt);
    return { ...bytes, id, accountId, kind: "OUTPUT", editId, index, pdq, pdqQuality: 80, createdAt } as const;
  });
  const made = { editId, recipe: {}, pixelsDigest: digest, watermarkId };
  const provenance = rows.map(({ id: imageId, index, createdAt }) => ({ ...made, imageId, index, createdAt }));
  await db.batch([...insert("Image", rows), ...insert("Provenance", provenance)]);
  const threads = {
    detect: async () => ({ payload: watermarkId, confidence: 1 }),
    fingerprint: async () => ({ pdq, quality: 80 }),
  } as unknown as VerifierOptions["threads"];
  const fingerprints = await Fingerprints.load(db);
  const verifier = new Verifier({ db, threads, fingerprints } as VerifierOptions);
  const file = await pictureFile({ width: 32, height: 24 }, 1);
  const verify = async () => {
    const { nearest, watermark } = await verifier.verify({ accountId, role: "USER" }, async () => file);
    return [nearest.map(({ image }) => image.id), watermark?.images.map(({ id }) => id)];
  };
  const ids = rows.map(({ id }) => id);
  expect(await verify()).toEqual([ids.slice(0, 5), ids.slice(-20).reverse()]);
  const [middle] = ids.splice(125, 1);
  await db.client.image.updateMany({ where: { id: { in: ids } }, data: { deletedAt: later() } });
  expect(await verify()).toEqual([[middle], [middle]]);
  await rm(folder, { recursive: true });
});
