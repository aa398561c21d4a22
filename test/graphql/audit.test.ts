import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AuditCheckpointDocument,
  AuditConsistencyDocument,
  type AuditEventPartsFragment,
  AuditEventsDocument,
  type AuditEventsQueryVariables,
  AuditExportDocument,
  AuditProofDocument,
  EditDocument,
  EraseAuditDetailsDocument,
  OneEditDocument,
  UsageByAccountDocument,
  UsageDocument,
} from "../../schema/generated/graphql.ts";
import type { EventProof } from "../../src/audit/prove.ts";
import { parseVerifier } from "../../src/audit/signed-note.ts";
import { verifyAudit } from "../../src/audit/verify.ts";
import type { Client } from "../../src/cli/client.ts";
import { appendAudit } from "../../src/store/audit-events.ts";
import { logOf } from "../../src/store/audit-log.ts";
import { incidentStatements } from "../../src/store/incidents.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";
import { hexes, leafOf, readNote, rootByInclusion, rootsByConsistency } from "./audit-proofs.ts";

type Filter = AuditEventsQueryVariables["filter"];

/** Everything that the API lists for a filter, a few at a time. */
async function listAll(client: Client, filter: Filter = {}, first = 7): Promise<AuditEventPartsFragment[]> {
  const found: AuditEventPartsFragment[] = [];
  for (let after: string | null | undefined; ; ) {
    const { auditEvents } = await client.ask(AuditEventsDocument, {
      first,
      filter: filter ?? null,
      after: after ?? null,
    });
    found.push(...auditEvents.edges.map(({ node }) => node));
    if (!auditEvents.pageInfo.hasNextPage) return found;
    after = auditEvents.pageInfo.endCursor;
  }
}

describe("the audit log over the API", () => {
  let server: TestServer;
  let user: Awaited<ReturnType<TestServer["account"]>>;
  let other: Awaited<ReturnType<TestServer["account"]>>;
  let auditor: Client;
  let editId: string;
  let refusedId: string;

  beforeAll(async () => {
    server = await testServer();
    user = await server.account("user");
    other = await server.account("other");
    auditor = (await server.account("auditor", "AUDITOR")).client;
    const imageId = await user.client.upload(await pictureFile({ width: 64, height: 48 }));
    const made = await user.client.ask(EditDocument, { input: { prompt: "snow", images: [{ imageId }], steps: 1 } });
    editId = made.edit.id;
    for await (const event of user.client.progress(editId))
      if (event.__typename === "CompletedEvent") await user.client.download(event.images[0]!.url!);
    const refused = await user.client.ask(EditDocument, { input: { prompt: "stab him in the chest", steps: 1 } });
    refusedId = refused.edit.id;
    for await (const _ of user.client.progress(refusedId));
    await other.client.upload(await pictureFile({ width: 32, height: 32 }, 2));
  }, 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  it("tells the life of an edit, who did what, and what the policy decided", async () => {
    const ofEdit = (await listAll(auditor, { subjectId: editId })).reverse();
    expect(ofEdit.map(({ kind }) => kind)).toEqual(["EDIT_ACCEPTED", ...Array(4).fill("EDIT_MOVED")]);
    expect(ofEdit[0]).toMatchObject({ accountId: user.accountId, accountName: "user", actorName: 'user (key "test")' });
    expect(ofEdit[0]!.details).toMatchObject({ request: { steps: 1, modelDigest: expect.any(String) } });
    const [queued, , , succeeded] = ofEdit.slice(1);
    expect(queued).toMatchObject({ actor: "server", actorName: null, details: { to: "QUEUED" } });
    expect(queued!.details).toMatchObject({
      verdicts: [
        { stage: "PROMPT", verdict: "ALLOW" },
        { stage: "SOURCE", verdict: "ALLOW" },
      ],
    });
    expect(succeeded!.details).toMatchObject({ to: "SUCCEEDED", images: [{ digest: expect.any(String) }] });
    const [refusal] = await listAll(auditor, { kinds: ["MODERATION_REFUSED"] });
    expect(refusal).toMatchObject({ subjectId: refusedId, category: "VIOLENCE" });
    expect(JSON.stringify(await listAll(auditor))).not.toContain("stab him");
  });

  it("holds every act that the tests have done, the server's start to begin with", async () => {
    const all = await listAll(auditor);
    const kinds = new Set(all.map(({ kind }) => kind));
    for (const kind of ["ACCOUNT_CREATED", "KEY_CREATED", "POLICY_ACCEPTED", "IMAGE_CREATED", "IMAGE_VIEWED"] as const)
      expect(kinds).toContain(kind);
    const start = all.findLast(({ kind }) => kind === "CONFIG_LOADED");
    expect(start!.details).toMatchObject({
      model: { digest: server.server.model.manifest.digest },
      policies: { version: expect.any(String) },
      settings: { dataFolder: server.dataFolder },
      filters: expect.arrayContaining([expect.objectContaining({ name: "prompt-rules" })]),
    });
    expect(JSON.stringify(start)).not.toMatch(/secrets|file:|postgresql:/);
    const view = all.find(({ kind }) => kind === "IMAGE_VIEWED");
    expect(view).toMatchObject({ actor: user.accountId, accountId: user.accountId, details: { kind: "OUTPUT" } });
  });

  it("is filtered by account, kinds, subject, category, actor and time, all together", async () => {
    const all = await listAll(auditor);
    const { from, before } = { from: all[Math.floor(all.length * 0.8)]!.at, before: all[2]!.at };
    const filters: [Filter, (event: AuditEventPartsFragment) => boolean][] = [
      [{ accountId: user.accountId }, ({ accountId }) => accountId === user.accountId],
      [{ kinds: ["EDIT_MOVED", "KEY_CREATED"] }, ({ kind }) => kind === "EDIT_MOVED" || kind === "KEY_CREATED"],
      [{ category: "VIOLENCE" }, ({ category }) => category === "VIOLENCE"],
      [{ actor: "server" }, ({ actor }) => actor === "server"],
      [{ from, before }, ({ at }) => at >= from && at < before],
      [
        { accountId: user.accountId, kinds: ["EDIT_MOVED"], subjectId: editId, actor: "server", from },
        ({ subjectId, kind, at }) => subjectId === editId && kind === "EDIT_MOVED" && at >= from,
      ],
      [
        { accountId: user.accountId, kinds: ["MODERATION_REFUSED"], category: "VIOLENCE" },
        ({ kind }) => kind === "MODERATION_REFUSED",
      ],
      [{ actor: "server", kinds: ["IMAGE_VIEWED"] }, () => false],
    ];
    for (const [filter, wanted] of filters) {
      const ids = all.filter(wanted).map(({ id }) => id);
      const found = (await listAll(auditor, { before: all[0]!.at, ...filter })).map(({ id }) => id);
      expect(found, JSON.stringify(filter)).toEqual(ids.filter((id) => id !== all[0]!.id));
    }
    for (const [filter, fault] of [
      [{ kinds: [] }, "kinds has 0 entries"],
      [{ actor: "x".repeat(101) }, "actor has 101 characters"],
      [{ from: before, before: from }, "before must lie after from"],
    ] as const) {
      const asked = auditor.ask(AuditEventsDocument, { first: 5, filter: filter as Filter });
      await expect(asked).rejects.toMatchObject({ code: "BAD_INPUT", message: expect.stringContaining(fault) });
    }
  });

  it("pages the same while events are added, without a gap and without one twice", async () => {
    const { db } = server.server.services;
    const before = await listAll(auditor, {}, 100);
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const {
        auditEvents,
      }: {
        auditEvents: {
          edges: readonly { node: { id: string } }[];
          pageInfo: { hasNextPage: boolean; endCursor?: string | null };
        };
      } = await auditor.ask(AuditEventsDocument, { first: 5, after });
      seen.push(...auditEvents.edges.map(({ node: { id } }) => id));
      const entry = { actor: "server", kind: "config.loaded", subjectKind: "server", subjectId: "again" } as const;
      await appendAudit(db, [entry, entry], new Date());
      if (!auditEvents.pageInfo.hasNextPage) break;
      after = auditEvents.pageInfo.endCursor ?? null;
    }
    expect(seen).toEqual(before.map(({ id }) => id));
  });

  it("shows an account its own and nothing of others", async () => {
    const { db, clock } = server.server.services;
    const incident = { accountId: user.accountId, editId, stage: "SOURCE", category: "CSAM", filter: "list" } as const;
    const act = { actor: "server", at: clock.date() };
    await db.batch(incidentStatements({ ...incident, preservedUntil: new Date() }, act));
    const moderator = await server.account("moderator", "MODERATOR");
    const looked = { kind: "content.accessed", subjectKind: "case", subjectId: "a case" } as const;
    await appendAudit(db, [{ ...looked, actor: moderator.accountId, accountId: user.accountId }], clock.date());

    const all = await listAll(auditor, { accountId: user.accountId });
    expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["INCIDENT_SEALED", "CONTENT_ACCESSED"]));
    const own = await listAll(user.client);
    const hidden = ["INCIDENT_SEALED", "CONTENT_ACCESSED", "ACCOUNT_CREATED", "KEY_CREATED"];
    // Its account and key were made by a test, which is neither itself nor the server.
    expect(own.map(({ id }) => id)).toEqual(all.filter(({ kind }) => !hidden.includes(kind)).map(({ id }) => id));
    expect(own.every(({ accountId }) => accountId === user.accountId)).toBe(true);
    for (const { actor, details } of own) expect(details === null).toBe(actor === "server");
    expect(JSON.stringify(own)).not.toContain(other.accountId);

    const [theirs] = await listAll(other.client);
    const ask = (client: Client, filter: Filter) => client.ask(AuditEventsDocument, { first: 5, filter });
    await expect(ask(user.client, { accountId: other.accountId })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect((await ask(user.client, { subjectId: theirs!.subjectId })).auditEvents.edges).toEqual([]);
    expect((await ask(user.client, { actor: other.accountId })).auditEvents.edges).toEqual([]);
    const incidentId = all.find(({ kind }) => kind === "INCIDENT_SEALED")!.id;
    for (const eventId of [theirs!.id, incidentId, "no such event"])
      await expect(user.client.ask(AuditProofDocument, { eventId })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(user.client.ask(EraseAuditDetailsDocument, { accountId: user.accountId })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  it("proves an event by the checkpoints file and the public key, with none of this program", async () => {
    const folder = join(server.dataFolder, "audit");
    const publicKey = await readFile(join(folder, "key.pub"), "utf8");
    for (const client of [auditor, user.client]) {
      for (const event of [(await listAll(client)).at(-1)!, (await listAll(client))[0]!]) {
        const { auditProof } = await client.ask(AuditProofDocument, { eventId: event.id });
        const { position, hashes, checkpoint, json } = auditProof;
        expect(await readFile(join(folder, "checkpoints.txt"), "utf8")).toContain(checkpoint);
        const { size, root } = readNote(checkpoint, publicKey);
        const proof = JSON.parse(json) as EventProof;
        expect(proof.event.id).toBe(event.id);
        expect(proof.event.details).toEqual(event.details);
        expect(rootByInclusion(position, size, leafOf(proof), hexes(hashes))).toEqual(root);
        const forged = { ...proof, event: { ...proof.event, actor: "nobody" } };
        expect(rootByInclusion(position, size, leafOf(forged), hexes(hashes))).not.toEqual(root);
      }
    }
  });

  it("proves that a newer checkpoint continues an older", async () => {
    const { auditCheckpoint: older } = await auditor.ask(AuditCheckpointDocument, {});
    expect(older.waiting).toBeLessThan(10);
    const { db, clock } = server.server.services;
    const entry = { actor: "server", kind: "config.loaded", subjectKind: "server", subjectId: "later" } as const;
    await appendAudit(db, Array(9).fill(entry), clock.date());
    const [newest] = await listAll(auditor, { subjectId: "later" });
    await auditor.ask(AuditProofDocument, { eventId: newest!.id });
    const { auditCheckpoint: newer } = await auditor.ask(AuditCheckpointDocument, {});
    const [then, now] = [readNote(older.note!, older.publicKey), readNote(newer.note!, newer.publicKey)];
    expect(now.size).toBeGreaterThanOrEqual(then.size + 9);
    const sizes = { older: then.size, newer: now.size };
    const { auditConsistency } = await user.client.ask(AuditConsistencyDocument, sizes);
    const roots = rootsByConsistency(then.size, now.size, then.root, hexes(auditConsistency.hashes));
    expect(roots).toEqual({ first: then.root, second: now.root });
    for (const wrong of [
      { ...sizes, older: 0 },
      { older: now.size, newer: then.size },
      { ...sizes, newer: 10 ** 6 },
    ])
      await expect(user.client.ask(AuditConsistencyDocument, wrong)).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("is written to files that say what the list says", async () => {
    const { db, clock } = server.server.services;
    const about = { actor: "server", kind: "hash-list.imported", subjectKind: "hash-list" } as const;
    await appendAudit(db, [{ ...about, subjectId: `=HYPERLINK("http://x","a, b")` }], clock.date());
    // Whoever asks for a proof has all that came before sealed: the list and the file say the same places.
    const [newest] = await listAll(auditor, { actor: "server", kinds: ["HASH_LIST_IMPORTED"] });
    await auditor.ask(AuditProofDocument, { eventId: newest!.id });
    const ended = { before: new Date(Date.now() + 1).toISOString() };
    for (const [client, filter] of [
      [auditor, ended],
      [auditor, { ...ended, kinds: ["EDIT_MOVED", "HASH_LIST_IMPORTED"] }],
      [user.client, ended],
    ] as [Client, Filter][]) {
      const listed = await listAll(client, filter, 100);
      const kindOf = (kind: string) => kind.replace(/[.-]/g, "_").toUpperCase();
      const { auditExport: url } = await client.ask(AuditExportDocument, { format: "NDJSON", filter: filter ?? null });
      const lines = (await (await fetch(url)).text()).trimEnd().split("\n");
      const parsed = lines.map((line) => JSON.parse(line) as AuditEventPartsFragment);
      expect(parsed.map((event) => ({ ...event, kind: kindOf(event.kind) }))).toEqual(
        listed.map(({ actorName: _, accountName: __, erased: ___, ...event }) => ({
          ...event,
          salt: expect.any(String),
        })),
      );
      const { auditExport: csvUrl } = await client.ask(AuditExportDocument, { format: "CSV", filter: filter ?? null });
      const answer = await fetch(csvUrl);
      expect(answer.headers.get("content-type")).toContain("text/csv");
      expect(answer.headers.get("content-disposition")).toMatch(/attachment; filename="pentimento-audit-[\d-]+\.csv"/);
      const csv = await answer.text();
      const ids = csv
        .trimEnd()
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(",")[1]);
      expect(ids).toEqual(listed.map(({ id }) => id));
      if (client === auditor) expect(csv).toContain(`,"'=HYPERLINK(""http://x"",""a, b"")",`);
    }
    const [taken] = await listAll(auditor, { kinds: ["AUDIT_EXPORTED"] });
    expect(taken).toMatchObject({ actor: user.accountId, details: { format: "csv" } });
  });

  it("gives no address for what cannot be asked", async () => {
    for (const filter of [{ kinds: [] }, { actor: "" }]) {
      const asked = other.client.ask(AuditExportDocument, { format: "CSV", filter });
      await expect(asked).rejects.toMatchObject({ code: "BAD_INPUT" });
    }
  });

  it("shows an event once, however often its kind is named", async () => {
    const once = await listAll(auditor, { kinds: ["EDIT_MOVED"] });
    expect(once.length).toBeGreaterThan(0);
    expect(await listAll(auditor, { kinds: ["EDIT_MOVED", "EDIT_MOVED"] })).toEqual(once);
  });

  it("gives no file to who changed the address, came too late or may no longer", async () => {
    const { auditExport: url } = await other.client.ask(AuditExportDocument, { format: "NDJSON" });
    const forged = url.replace(other.accountId, user.accountId);
    expect((await fetch(forged)).status).toBe(403);
    expect((await fetch(`${url}&kinds=edit.moved`)).status).toBe(403);
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    const { enforcement } = server.server.services;
    await enforcement.suspend("server", other.accountId, "a test");
    expect((await fetch(url)).status).toBe(403);
    await enforcement.reinstate("server", other.accountId, "a test");
    expect((await fetch(url)).status).toBe(200);
  });

  it("counts what accounts use", async () => {
    const day = 86_400_000;
    const period = { from: new Date().toISOString(), before: new Date(Date.now() + day).toISOString() };
    const { usage } = await user.client.ask(UsageDocument, period);
    expect(usage).toMatchObject({ edits: 2, succeeded: 1, refused: 1, pictures: 1, failed: 0, accountName: "user" });
    expect(usage.engineMs).toBeGreaterThan(0);
    const { startedAt, finishedAt } = (await user.client.ask(OneEditDocument, { id: editId })).edit!;
    expect(usage.engineMs).toBeLessThanOrEqual(Date.parse(finishedAt!) - Date.parse(startedAt!) + 1000);
    expect(usage.days).toHaveLength(1);
    const theirs = { ...period, accountId: other.accountId };
    await expect(user.client.ask(UsageDocument, theirs)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect((await auditor.ask(UsageDocument, theirs)).usage).toMatchObject({ edits: 0, engineMs: 0, days: [] });
    const { usageByAccount } = await auditor.ask(UsageByAccountDocument, { ...period, first: 10 });
    expect(usageByAccount).toMatchObject([{ accountId: user.accountId, edits: 2, engineMs: usage.engineMs }]);
    await expect(user.client.ask(UsageByAccountDocument, { ...period, first: 10 })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    const long = { from: "2020-01-01T00:00:00Z", before: "2026-01-01T00:00:00Z" };
    await expect(user.client.ask(UsageDocument, long)).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("stays whole when an account is erased from it, and still proves what it did", async () => {
    const { db } = server.server.services;
    const [before] = (await listAll(auditor, { accountId: user.accountId })).slice(-1);
    const { eraseAuditDetails } = await server.client.ask(EraseAuditDetailsDocument, { accountId: user.accountId });
    expect(eraseAuditDetails).toBeGreaterThan(5);
    const [erasure] = await listAll(auditor, { kinds: ["AUDIT_ERASED"] });
    expect(erasure).toMatchObject({ subjectId: user.accountId, details: { events: eraseAuditDetails } });
    const all = await listAll(auditor, { accountId: user.accountId });
    // What the law wants kept is kept.
    const kept = all.filter(({ erased }) => !erased).map(({ kind }) => kind);
    expect(kept).toEqual(["AUDIT_ERASED", "INCIDENT_SEALED"]);
    expect(all.at(-1)).toEqual({ ...before, details: null, erased: true });

    const folder = join(server.dataFolder, "audit");
    const publicKey = await readFile(join(folder, "key.pub"), "utf8");
    const { auditProof } = await auditor.ask(AuditProofDocument, { eventId: all[1]!.id });
    const { size, root } = readNote(auditProof.checkpoint, publicKey);
    const proof = JSON.parse(auditProof.json) as EventProof;
    expect(rootByInclusion(proof.position, size, leafOf(proof), hexes(proof.hashes))).toEqual(root);
    const notes = await readFile(join(folder, "checkpoints.txt"), "utf8");
    const report = await verifyAudit(logOf(db), [notes], parseVerifier(publicKey));
    expect(report).toMatchObject({ whole: true });
    expect(report.erased).toBeGreaterThan(5);
  });
});
