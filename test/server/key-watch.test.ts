import { expect, it, vi } from "vitest";
import type { Role, Viewer } from "../../src/core/account.ts";
import { watchKeys } from "../../src/server/key-watch.ts";
import { findAccount, setRole } from "../../src/store/accounts.ts";
import { createKey, revokeKey } from "../../src/store/keys.ts";
import { anAccount, byServer, describeEach, opened } from "../store/databases.ts";
import { SetClock } from "../support/set-clock.ts";

describeEach("the keys that sockets were opened with", (make) => {
  const store = opened(make);

  it("are looked up every five seconds; sockets of one that has ended, or whose account has another role, are closed", async () => {
    const { db } = store;
    const clock = new SetClock();
    const accountId = await anAccount(db);
    const create = async (expiresAt?: Date) =>
      (await createKey(db, { accountId, name: "key", ...(expiresAt && { expiresAt }) }, byServer())).key.id;
    const lasting = await create();
    const ending = await create(new Date(clock.now() + 7000));
    const revoked = await create();
    const open = new Map<string, Viewer>();
    for (const keyId of [lasting, ending, revoked]) open.set(keyId, { accountId, keyId, role: "USER" });
    const closed: string[] = [];
    const close = (id: string) => {
      open.delete(id);
      closed.push(id);
    };
    const sockets = {
      get viewers() {
        return [...open.values()];
      },
      closeKey: close,
      closeOtherRoles: (of: string, role: Role) => close(`${of} but ${role}`),
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
    expect([...open.keys()]).toEqual([lasting]);
    await setRole(db, (await findAccount(db, accountId))!, "MODERATOR", byServer());
    await look();
    expect(closed.slice(2)).toEqual([`${accountId} but MODERATOR`]);
    expect(onError).not.toHaveBeenCalled();
  });
});
