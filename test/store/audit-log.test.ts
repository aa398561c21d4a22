import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { AuditEntry } from "../../src/core/audit.ts";
import { detailsAgree, isErased } from "../../src/core/audit-event.ts";
import { appendAudit } from "../../src/store/audit-events.ts";
import {
  countSealed,
  countUnsealed,
  eraseDetails,
  findAuditEvent,
  hashedRows,
  listAuditEvents,
  type Seal,
  sealEvents,
  sealedEvents,
  unsealedEvents,
} from "../../src/store/audit-log.ts";
import { anAccount, describeEach, later, opened } from "./databases.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

const sealOf = (id: string, position: number): Seal => ({
  id,
  position,
  link: hash(`link ${id}`),
  subtree: hash(`subtree ${id}`),
});

describeEach("the audit log", (make) => {
  const store = opened(make);

  it("is listed by account, kind, subject, category and time", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const about = { actor: accountId, accountId, subjectKind: "edit" } as const;
    const entries: AuditEntry[] = [
      { ...about, kind: "edit.accepted", subjectId: "a", details: { n: 1, text: 'ü"\\' } },
      { ...about, kind: "edit.moved", subjectId: "a", details: { from: "MODERATING", to: "REFUSED" } },
      { ...about, kind: "moderation.refused", subjectId: "b", category: "HATE" },
    ];
    const times = entries.map(() => later());
    for (const [i, entry] of entries.entries()) await appendAudit(db, [entry], times[i]!);
    const found = async (filter: object) => {
      const page = await listAuditEvents(db, { accountId, ...filter }, { first: 10 });
      return page.edges.map(({ node }) => node.kind);
    };
    expect(await found({})).toEqual(["moderation.refused", "edit.moved", "edit.accepted", "account.created"]);
    expect(await found({ kinds: ["edit.moved"] })).toEqual(["edit.moved"]);
    expect(await found({ kinds: ["edit.moved", "edit.accepted"] })).toEqual(["edit.moved", "edit.accepted"]);
    expect(await found({ subjectId: "b" })).toEqual(["moderation.refused"]);
    expect(await found({ category: "HATE" })).toEqual(["moderation.refused"]);
    expect(await found({ from: times[0], before: times[2] })).toEqual(["edit.moved", "edit.accepted"]);
    const only = { actors: [accountId], hiddenKinds: ["edit.moved", "image.blocked"] };
    expect(await found({ only })).toEqual(["moderation.refused", "edit.accepted"]);
    expect(await found({ only, kinds: ["edit.moved", "edit.accepted"] })).toEqual(["edit.accepted"]);
    expect(await found({ kinds: ["moderation.refused", "edit.moved"], category: "HATE", actor: accountId })).toEqual([
      "moderation.refused",
    ]);
    // A cursor beside a time that lies before it, and one that lies after.
    const [newest, , third] = (await listAuditEvents(db, { accountId }, { first: 3 })).edges;
    for (const [filter, after, kinds] of [
      [{ before: times[1]! }, newest, ["edit.accepted", "account.created"]],
      [{ before: times[2]! }, third, ["account.created"]],
      [{ from: times[0]!, before: new Date("2100-01-01") }, newest, ["edit.moved", "edit.accepted"]],
    ] as const) {
      const rest = await listAuditEvents(db, { accountId, ...filter }, { first: 10, after: after!.cursor });
      expect(rest.edges.map(({ node }) => node.kind)).toEqual(kinds);
    }
    const page = await listAuditEvents(db, { accountId }, { first: 3 });
    const first = page.edges[2]!.node;
    expect(await findAuditEvent(db, first.id)).toEqual(first);
    expect(first).toMatchObject({ details: entries[0]!.details, at: times[0], actor: accountId });
    expect(page.edges.every(({ node }) => detailsAgree(node))).toBe(true);
  });

  it("loses details on demand, and nothing else", async () => {
    const { db } = store;
    const accountId = await anAccount(db);
    const [before] = (await listAuditEvents(db, { accountId }, { first: 1 })).edges;
    const act = { actor: "server", at: later() };
    expect(await eraseDetails(db, accountId, act)).toBe(1);
    // What erasing wrote of itself.
    expect(await eraseDetails(db, accountId, act)).toBe(1);
    const after = await findAuditEvent(db, before!.node.id);
    expect(after).toEqual({ ...before!.node, details: null, salt: "" });
    expect(isErased(after!)).toBe(true);
  });

  it("gives each event one place, and each place one event", async () => {
    const { db } = store;
    while (true) {
      const events = await unsealedEvents(db, 2);
      if (events.length === 0) break;
      const from = await countSealed(db);
      await sealEvents(
        db,
        events.map(({ id }, i) => sealOf(id, from + i)),
      );
    }
    const size = await countSealed(db);
    expect(size).toBeGreaterThan(2);
    expect(await countUnsealed(db)).toBe(0);
    await appendAudit(db, [{ actor: "server", kind: "config.loaded", subjectKind: "server", subjectId: "x" }], later());
    const [young] = await unsealedEvents(db, 5);
    const rows = [];
    for await (const page of sealedEvents(db)) rows.push(...page);
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: size }, (_, i) => i));
    expect(rows.map(({ link }) => link)).toEqual(rows.map(({ id }) => hash(`link ${id}`)));
    const sealed = rows[0]!.id;
    await expect(sealEvents(db, [sealOf(young!.id, size), sealOf(sealed, size + 1)])).rejects.toThrow(
      /another process/,
    );
    await expect(sealEvents(db, [sealOf(young!.id, 0)])).rejects.toThrow();
    expect(await countSealed(db)).toBe(size);
    const [first, last] = [rows[0]!, rows.at(-1)!];
    expect(await hashedRows(db, [0, size - 1, size])).toEqual(
      new Map([first, last].map(({ position, link, subtree }) => [position, { link, subtree }])),
    );
  });
});
