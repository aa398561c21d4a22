import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { acceptEdit, listEdits } from "../../src/store/edits.ts";
import { pageOf, pageQuery } from "../../src/store/page.ts";
import { insert } from "../../src/store/statement.ts";
import { anAccount, describeEach, opened, request } from "./databases.ts";

describe("pages", () => {
  it.each([0, -1, 101, 1.5, Number.NaN])("refuse a size of %s", (first) => {
    expect(() => pageQuery({ first }, "createdAt")).toThrow(/^first: expected a whole number from 1 to 100/);
  });

  it("have a row once that was found by two values, for it changed between them", () => {
    const row = (id: string) => ({ id, at: new Date(0) });
    const { edges, ...place } = pageOf([row("b"), row("a"), row("b")], { first: 2 }, ({ at }) => at);
    expect(edges.map(({ node }) => node.id)).toEqual(["b", "a"]);
    expect(place).toEqual({ hasNextPage: false, hasPreviousPage: false });
  });

  it("refuse what is no cursor", () => {
    fc.assert(
      fc.property(fc.string(), (after) => {
        expect(() => pageQuery({ first: 1, after }, "createdAt")).toThrow(/^after: expected the endCursor/);
      }),
    );
  });
});

describeEach("pages", (make) => {
  const store = opened(make);

  it("neither skip nor repeat, whatever is inserted between them", async () => {
    const moment = fc.integer({ min: 0, max: 5 }).map((ms) => new Date(Date.UTC(2026, 10, 5) + ms));
    await fc.assert(
      fc.asyncProperty(
        fc.array(moment, { maxLength: 12 }),
        fc.array(fc.array(moment, { maxLength: 3 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (before, between, first) => {
          const { db } = store;
          const accountId = await anAccount(db);
          const add = async (createdAt: Date) => {
            const id = newId(createdAt);
            await acceptEdit(db, { edit: { id, accountId, prompt: "x", request, createdAt }, audit: [] });
            return { id, createdAt };
          };
          const there = [];
          for (const at of before) there.push(await add(at));
          const seen: string[] = [];
          for (let after: string | undefined, more = true, turn = 0; more; turn += 1) {
            const page = await listEdits(db, { accountId }, { first, ...(after && { after }) });
            seen.push(...page.edges.map(({ node }) => node.id));
            after = page.edges.at(-1)?.cursor;
            more = page.hasNextPage;
            for (const at of between[turn] ?? []) await add(at);
          }
          expect(new Set(seen).size).toBe(seen.length);
          const places = new Map([...there].map(({ id, createdAt }) => [id, `${createdAt.getTime()} ${id}`]));
          const expected = [...places.keys()].sort((a, b) => (places.get(a)! < places.get(b)! ? 1 : -1));
          expect(seen.filter((id) => places.has(id))).toEqual(expected);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("of several statuses are those of one list, each row once", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const rows = Array.from({ length: 12 }, (_, i) => {
      const createdAt = new Date(Date.UTC(2026, 10, 5) + (i >> 2));
      const status = (["CANCELLED", "FAILED", "EXPIRED"] as const)[i % 3]!;
      return { id: newId(createdAt), accountId, prompt: "x", request: {}, approvedStages: [], status, createdAt };
    });
    await db.batch(insert("Edit", rows));
    const statuses = ["EXPIRED", "FAILED", "EXPIRED"] as const;
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await listEdits(db, { accountId, statuses }, { first: 3, ...(after && { after }) });
      seen.push(...page.edges.map(({ node }) => node.id));
      after = page.edges.at(-1)?.cursor;
      more = page.hasNextPage;
    }
    // Ids begin with the moment.
    const wanted = rows.filter(({ status }) => status !== "CANCELLED").map(({ id }) => id);
    expect(seen).toEqual(wanted.toSorted().toReversed());
    expect((await listEdits(db, { accountId, statuses: [] }, { first: 3 })).edges).toEqual([]);
  });
});
