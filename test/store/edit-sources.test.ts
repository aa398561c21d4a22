import { expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { acceptEdit, editsFromImages } from "../../src/store/edits.ts";
import { createImage } from "../../src/store/images.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { findUpload } from "../../src/store/uploads.ts";
import { anAccount, describeEach, later, opened, request } from "./databases.ts";

async function aPicture(db: Database, accountId: string): Promise<string> {
  const content = { digest: "ab".repeat(32), contentType: "image/png", byteLength: 9, width: 64, height: 64 };
  return (await createImage(db, { accountId, kind: "SOURCE", ...content }, later())).id;
}

const anEditOf = (accountId: string, imageIds: readonly string[]) => {
  const createdAt = later();
  return { id: newId(createdAt), accountId, prompt: "make it snow", request: { ...request, imageIds }, createdAt };
};

describeEach("the sources of edits", (make) => {
  const store = opened(make);

  it("lead to the edits, oldest first, each once, so many as are wanted", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const [first, second, third] = [
      await aPicture(db, accountId),
      await aPicture(db, accountId),
      await aPicture(db, accountId),
    ];
    const made: string[] = [];
    for (const imageIds of [[first], [second, first], [first, first], [third], []]) {
      const { edit } = await acceptEdit(db, { edit: anEditOf(accountId, imageIds), audit: [] });
      made.push(edit.id);
    }
    const from = async (imageIds: string[], limit = 10) =>
      (await editsFromImages(db, imageIds, limit)).map(({ id }) => made.indexOf(id));
    expect(await from([first])).toEqual([0, 1, 2]);
    expect(await from([second, first])).toEqual([0, 1, 2]);
    expect(await from([second, first], 2)).toEqual([0, 1]);
    expect(await from([third])).toEqual([3]);
    expect(await from(["none"])).toEqual([]);
    expect(await from([])).toEqual([]);
  });

  it("are undone with an edit whose key was used", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const imageId = await aPicture(db, accountId);
    const idempotency = { key: "k", requestDigest: "00".repeat(32) };
    const accept = () => acceptEdit(db, { edit: anEditOf(accountId, [imageId]), audit: [], idempotency });
    const [{ edit }, again] = [await accept(), await accept()];
    expect(again.isNew).toBe(false);
    expect(await editsFromImages(db, [imageId], 10)).toEqual([edit]);
  });

  it("of edits from before they were kept are found, and uploads keep their kinds", async () => {
    await using fresh = await make();
    await using db = await openDatabase(fresh.url, { migrate: false });
    const known = await readMigrations(db.kind);
    const before = known.filter(({ name }) => name < "0003");
    await migrate(db, before);
    const accountId = "earlier";
    // The client would name columns that are not there yet.
    await db.client.$executeRawUnsafe(
      `INSERT INTO "Account" ("id", "name", "createdAt") VALUES ('${accountId}', 'earlier', '2026-11-01T00:00:00.000Z')`,
    );
    const [one, two] = [newId(later()), newId(later())];
    for (const id of [one, two]) {
      await db.client.$executeRawUnsafe(
        `INSERT INTO "Image" ("id", "accountId", "kind", "digest", "sourceDigest", "contentType", "byteLength", "width",
          "height", "createdAt") VALUES ('${id}', '${accountId}', 'SOURCE', '', '', 'image/png', 9, 64, 64,
          '2026-11-01T00:00:00.000Z')`,
      );
    }
    const edits = [[one, two], [two, two], [], [two, "gone"]].map((imageIds) => anEditOf(accountId, imageIds));
    for (const edit of edits)
      await db.client.edit.create({ data: { ...edit, status: "SUCCEEDED", approvedStages: [] } as never });
    const expiresAt = new Date("2026-11-01T00:15:00Z").toISOString();
    for (const kind of ["SOURCE", "MASK"]) {
      await db.client.$executeRawUnsafe(
        `INSERT INTO "Upload" ("id", "accountId", "kind", "contentType", "byteLength", "createdAt", "expiresAt")
          VALUES ('${kind}', '${accountId}', '${kind}', 'image/png', 9, '${expiresAt}', '${expiresAt}')`,
      );
    }
    expect(await migrate(db)).toEqual(known.slice(before.length).map(({ name }) => name));
    const from = async (id: string) => (await editsFromImages(db, [id], 10)).map(({ id }) => id);
    expect(await from(one)).toEqual([edits[0]!.id]);
    expect(await from(two)).toEqual([edits[0]!.id, edits[1]!.id, edits[3]!.id]);
    for (const kind of ["SOURCE", "MASK"]) expect(await findUpload(db, kind)).toMatchObject({ kind });
  });
});
