import { expect, it, vi } from "vitest";
import { watchKeys } from "../../src/server/key-watch.ts";
import { createKey, revokeKey } from "../../src/store/keys.ts";
import { anAccount, byServer, describeEach, opened } from "../store/databases.ts";
import { SetClock } from "../support/set-clock.ts";

describeEach("the keys that sockets were opened with", (make) => {
  const store = opened(make);

  it("are looked up every five seconds; sockets of one that has ended are closed", async () => {
    const { db } = store;
    const clock = new SetClock();
    const accountId = await anAccount(db);
    const create = async (expiresAt?: Date) =>
      (await createKey(db, { accountId, name: "key", ...(expiresAt && { expiresAt }) }, byServer())).key.id;
    const lasting = await create();
    const ending = await create(new Date(clock.now() + 7000));
    const revoked = await create();
    const open = new Set([lasting, ending, revoked]);
    const closed: string[] = [];
    const sockets = {
      get keyIds() {
        return [...open];
      },
      closeKey: (id: string) => {
        open.delete(id);
        closed.push(id);
      },
    };
    const onError = vi.fn();
    await using _watch = watchKeys({ db, sockets, clock, onError });
    const look = async () => {
      clock.advance(5000);
      await vi.waitFor(() => expect(clock.waiting).toBe(1));
    };
    await look();
    expect(closed).toEqual([]);
    // As a command beside the server does.
    await revokeKey(db, accountId, revoked, byServer());
    await look();
    expect(closed.sort()).toEqual([ending, revoked].sort());
    await look();
    expect([...open]).toEqual([lasting]);
    expect(onError).not.toHaveBeenCalled();
  });
});
