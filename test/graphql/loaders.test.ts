import { expect, it } from "vitest";
import { createLoaders } from "../../src/graphql/loaders.ts";
import { lineageOf } from "../../src/journey/lineage.ts";
import type { Database } from "../../src/store/database.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import { anAccount, anEdit, describeEach, later, opened } from "../store/databases.ts";

/** The database, and which ids each look-up of its edits and provenances asked for. */
function watched(db: Database): { db: Database; asked: string[][] } {
  const asked: string[][] = [];
  const watch = <Table extends { findMany: (query: never) => unknown }>(table: Table, id: "id" | "imageId") => ({
    findMany: (query: { where: Record<string, { in: string[] }> }) => {
      asked.push(query.where[id]!.in);
      return table.findMany(query as never);
    },
  });
  const client = { edit: watch(db.client.edit, "id"), provenance: watch(db.client.provenance, "imageId") };
  return { db: { ...db, client } as unknown as Database, asked };
}

describeEach("what the fields of one request look up", (make) => {
  const store = opened(make);

  it("is asked for together, each once", async () => {
    const accountId = await anAccount(store.db);
    const [one, other] = [(await anEdit(store.db, accountId)).id, (await anEdit(store.db, accountId)).id];
    const { db, asked } = watched(store.db);
    const { edits, provenances } = createLoaders(db);
    const found = await Promise.all([one, other, one, "none"].map((id) => edits.load(id)));
    expect(found.map((edit) => edit?.id)).toEqual([one, other, one, undefined]);
    expect(await Promise.all(["none", "nothing"].map((id) => provenances.load(id)))).toEqual([undefined, undefined]);
    expect(asked).toEqual([
      [one, other, "none"],
      ["none", "nothing"],
    ]);
  });

  it("lets everybody else go first, and so does a lineage", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const { images, outputs } = createLoaders(db);
    for (const ask of [() => images.load("none"), () => outputs.load("none"), () => lineageOf(db, accountId, "none")]) {
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      await ask();
      expect(turned).toBe(true);
    }
  });

  it("is an edit as it is after what the same request did before", async () => {
    const { id } = await anEdit(store.db, await anAccount(store.db));
    const { edits } = createLoaders(store.db);
    expect((await edits.load(id))?.status).toBe("MODERATING");
    await moveEdit(store.db, id, { to: "CANCELLED", at: later() });
    expect((await edits.load(id))?.status).toBe("CANCELLED");
  });
});
