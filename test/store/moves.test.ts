import fc from "fast-check";
import { expect, it } from "vitest";
import { editStatuses, mayMove } from "../../src/core/edit.ts";
import { eventsOf, findEdit } from "../../src/store/edits.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import { anAccount, anEdit, describeEach, later, opened } from "./databases.ts";

describeEach("moves", (make) => {
  const store = opened(make);

  it("follow the table, in every order and when made at once", async () => {
    const accountId = await anAccount(store.db);
    const rounds = fc.array(fc.array(fc.constantFrom(...editStatuses), { minLength: 1, maxLength: 4 }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(rounds, async (tried) => {
        const { db } = store;
        const { id } = await anEdit(db, accountId);
        let seq = 0;
        const statuses = ["MODERATING"];
        for (const atOnce of tried) {
          const from = (await findEdit(db, id))!.status;
          const moves = atOnce.map((to) => {
            seq += 1;
            const at = later();
            const event = { editId: id, seq, at: at.getTime(), kind: "resumed" } as const;
            const audit = { actor: "server", kind: "edit.moved", subjectKind: "edit", subjectId: id } as const;
            return moveEdit(db, id, { to, at, events: [event], audit: [audit] });
          });
          const moved = (await Promise.all(moves)).flatMap((done, i) => (done ? [atOnce[i]!] : []));
          // Those that were made are a path of the table from where the edit stood, in some order.
          expect(isPath(from, moved)).toBe(true);
          if (atOnce.length === 1) expect(moved.length === 1).toBe(mayMove(from, atOnce[0]!));
          statuses.push(...moved);
        }
        expect(await eventsOf(db, id)).toHaveLength(statuses.length - 1);
        expect(await db.client.auditEvent.count({ where: { subjectId: id } })).toBe(statuses.length - 1);
      }),
      { numRuns: 25 },
    );
  });
});

function isPath(from: (typeof editStatuses)[number], moved: readonly (typeof editStatuses)[number][]): boolean {
  if (moved.length === 0) return true;
  return moved.some((to, i) => mayMove(from, to) && isPath(to, moved.toSpliced(i, 1)));
}
