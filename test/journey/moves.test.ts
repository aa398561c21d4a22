import { expect, it, vi } from "vitest";
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
    const onStrikes = vi.fn();
    const onSettled = vi.fn(async () => {});
    const onCase = vi.fn();
    const moves = new Moves({
      db,
      feed: new ProgressFeed((editId) => eventsOf(db, editId)),
      clock: new SetClock(),
      onStrikes,
      onSettled,
      onUnanswered: () => {},
      onCase,
      log: () => {},
    });
    return {
      moves,
      traveller,
      onStrikes,
      onSettled,
      onCase,
      stored: async () => (await findEdit(db, traveller.edit.id))!,
    };
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

  it("that were stored without an answer are followed by all that follows a move", async () => {
    const { moves, traveller, onStrikes, onSettled, stored } = await aTraveller();
    const { id, accountId } = traveller.edit;
    const verdict = { stage: "PROMPT", verdict: "REFUSE", policyVersion: "1", appealable: true } as const;
    const why = { ...verdict, category: "GORE", score: 0.9, threshold: 0.5 } as const;
    const event = { editId: id, seq: 1, at: 0, kind: "moderated", status: "REFUSED", verdict: why } as const;
    await moveEdit(store.db, id, { to: "REFUSED", at: later(), events: [event] });
    const told = moves.feed.watchAccount(accountId);
    await moves.caughtUp(await stored());
    expect((await told.next()).value).toEqual(event);
    expect(onStrikes).toHaveBeenCalledExactlyOnceWith(accountId);
    expect(onSettled).toHaveBeenCalledExactlyOnceWith(await stored());
  });

  it("that were stored without an answer show a hold to those who decide", async () => {
    const { moves, traveller, onStrikes, onCase, stored } = await aTraveller();
    const why = { stage: "PROMPT", verdict: "REVIEW", policyVersion: "1", appealable: false } as const;
    const told = { ...why, category: "GORE", score: 0.3, threshold: 0.2 } as const;
    await moves.halted(traveller, { verdict: "REVIEW", outcomes: [], told });
    await moves.caughtUp(await stored());
    expect(onCase.mock.calls).toEqual([[expect.any(String)], onCase.mock.calls[0]]);
    expect(onStrikes).not.toHaveBeenCalled();
  });

  it("count what the engine has worked, and what it was still working on when an edit was called off", async () => {
    const { moves, traveller } = await aTraveller();
    moves.worked(traveller, 5);
    const cancelled = moves.cancelled(traveller, "test");
    moves.worked(traveller, 7);
    await cancelled;
    moves.worked(traveller, 2.5);
    await traveller.inTurn(async () => {});
    const [day] = await store.db.client.usage.findMany({
      where: { accountId: traveller.edit.accountId, cancelled: 1 },
    });
    expect(day?.engineMs).toBe(14.5);
    expect(traveller.workedMs).toBe(0);
  });

  it("count deaths of the engine by the picture that saw most of them", async () => {
    const { moves, traveller } = await aTraveller();
    for (const deaths of [1, 1, 2, 1]) moves.died(traveller, deaths);
    expect(traveller.edit.attempts).toBe(2);
  });
});
