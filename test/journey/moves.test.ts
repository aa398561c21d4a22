import { expect, it } from "vitest";
import { Moves } from "../../src/journey/moves.ts";
import { ProgressFeed } from "../../src/journey/progress-feed.ts";
import { Traveller } from "../../src/journey/traveller.ts";
import { eventsOf, findEdit } from "../../src/store/edits.ts";
import { moveEdit } from "../../src/store/move-edit.ts";
import { anAccount, anEdit, describeEach, later, opened } from "../store/databases.ts";
import { SetClock } from "../support/set-clock.ts";

describeEach("moves of a traveller", (make) => {
  const store = opened(make);

  async function aTraveller() {
    const { db } = store;
    const traveller = new Traveller({ ...(await anEdit(db, await anAccount(db))) });
    const moves = new Moves({
      db,
      feed: new ProgressFeed((editId) => eventsOf(db, editId)),
      clock: new SetClock(),
      onStrikes: () => {},
      onSettled: async () => {},
      onCase: () => {},
      log: () => {},
    });
    return { moves, traveller, stored: async () => (await findEdit(db, traveller.edit.id))! };
  }

  it("give steps no number that the store does not hold as taken, however often pictures begin anew", async () => {
    const { moves, traveller, stored } = await aTraveller();
    const { count, steps } = traveller.edit.request;
    await moves.queued(traveller, { verdict: "ALLOW", outcomes: [] }, undefined);
    await moves.running(traveller, 1);
    const step = { kind: "step", index: 0, step: 1, total: steps, etaMs: 1 } as const;
    const last = () => traveller.edit.eventSeq;
    const first = last();
    for (let told = 0; told < 3 * count * steps; told += 1) {
      await moves.tell(traveller, step);
      expect((await stored()).eventSeq).toBeGreaterThanOrEqual(last());
    }
    expect(last()).toBe(first + 3 * count * steps);
    await Promise.all(Array.from({ length: 5 }, () => moves.tell(traveller, step)));
    expect((await stored()).eventSeq).toBeGreaterThanOrEqual(last());
    await moves.finishing(traveller);
    const before = last();
    await moves.tell(traveller, step);
    expect(last()).toBe(before);
  });

  it("leave a traveller where it stands when somebody else was first", async () => {
    const { moves, traveller, stored } = await aTraveller();
    await moveEdit(store.db, traveller.edit.id, { to: "CANCELLED", at: later() });
    await expect(moves.queued(traveller, { verdict: "ALLOW", outcomes: [] }, undefined)).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(traveller.edit.status).toBe("MODERATING");
    expect((await stored()).status).toBe("CANCELLED");
  });

  it("count deaths of the engine by the picture that saw most of them", async () => {
    const { moves, traveller } = await aTraveller();
    for (const deaths of [1, 1, 2, 1]) moves.died(traveller, deaths);
    expect(traveller.edit.attempts).toBe(2);
  });
});
