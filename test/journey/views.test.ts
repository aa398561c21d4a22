import { expect, it } from "vitest";
import { Views } from "../../src/journey/views.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { createImage } from "../../src/store/images.ts";
import { anAccount, describeEach, later, opened } from "../store/databases.ts";
import { SetClock } from "../support/set-clock.ts";

describeEach("views of pictures", (make) => {
  const store = opened(make);

  it("are written down once an hour for each account, with whose picture it is", async () => {
    const { db } = store;
    const [owner, moderator] = [await anAccount(db), await anAccount(db)];
    const file = {
      kind: "SOURCE",
      digest: "00",
      contentType: "image/png",
      byteLength: 1,
      width: 1,
      height: 1,
    } as const;
    const { id } = await createImage(db, { ...file, accountId: owner }, later());
    const clock = new SetClock();
    const onError = (error: unknown) => {
      throw error;
    };
    const found = async () => {
      const { edges } = await listAuditEvents(db, { subjectId: id, kinds: ["image.viewed"] }, { first: 10 });
      return edges.map(({ node }) => node);
    };
    await using views = new Views({ db, clock, onError });
    for (const who of [owner, owner, moderator, owner]) views.viewed(id, who);
    views.viewed("a picture that is not there", owner);
    await views[Symbol.asyncDispose]();
    const seen = await found();
    expect(new Set(seen.map(({ actor }) => actor))).toEqual(new Set([owner, moderator]));
    expect(seen).toHaveLength(2);
    expect(seen.every(({ accountId }) => accountId === owner)).toBe(true);
    clock.advance(3_600_001);
    views.viewed(id, owner);
    await views[Symbol.asyncDispose]();
    expect(await found()).toHaveLength(3);
  });
});
