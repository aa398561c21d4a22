import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../../src/cli/audit-command.ts";
import { AuditLog } from "../../src/journey/audit-log.ts";
import { appendAudit } from "../../src/store/audit-events.ts";
import { listAuditEvents } from "../../src/store/audit-log.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { SetClock } from "../support/set-clock.ts";

let folder: string;
let database: string;
let db: Database;
let eventId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-audit-command-"));
  database = join(folder, "pentimento.db");
  db = await openDatabase(`file:${database}`);
  const clock = new SetClock();
  const log = await AuditLog.open({ db, folder, seed: Buffer.alloc(32, 3), clock, onError: () => {} });
  for (const kind of ["edit.accepted", "edit.moved", "case.decided"] as const) {
    clock.advance(1000);
    const about = {
      actor: "server",
      subjectKind: "edit",
      subjectId: "=1+1",
      details: { note: 'a "word", a line' },
    } as const;
    await appendAudit(db, [{ ...about, kind }], clock.date());
  }
  await log[Symbol.asyncDispose]();
  eventId = (await listAuditEvents(db, { kinds: ["edit.moved"] }, { first: 1 })).edges[0]!.node.id;
});

afterAll(() => db[Symbol.asyncDispose]());

/** Runs the command; what it printed, and the exit code it set. */
async function run(...args: string[]): Promise<{ output: string; exitCode: number }> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  process.exitCode = 0;
  try {
    await auditCommand().exitOverride().parseAsync(args, { from: "user" });
    return { output: lines.join("\n"), exitCode: Number(process.exitCode) };
  } finally {
    process.exitCode = 0;
    log.mockRestore();
  }
}

const sources = () =>
  [
    ["--checkpoints", join(folder, "checkpoints.txt")],
    ["--key", join(folder, "key.pub")],
    ["--database", database],
  ].flat();

describe("pentimento audit", () => {
  it("finds a log whole, and says what was changed when it was", async () => {
    const whole = await run("verify", ...sources());
    expect(whole.output).toContain("3 in the chain, 0 too young for it");
    expect(whole).toMatchObject({ exitCode: 0, output: expect.stringContaining("the log is whole") });
    await db.client.auditEvent.update({ where: { position: 1 }, data: { actor: "somebody else" } });
    const changed = await run("verify", ...sources());
    await db.client.auditEvent.update({ where: { position: 1 }, data: { actor: "server" } });
    expect(changed.exitCode).toBe(1);
    expect(changed.output).toContain(`fault: event ${eventId} at position 1: it was changed`);
    expect(changed.output).toContain("the log is NOT whole");
  });

  it("proves an event with a file that the public key alone can check", async () => {
    const proof = join(folder, "proof.json");
    await writeFile(proof, (await run("prove", eventId, ...sources())).output);
    const key = (await readFile(join(folder, "key.pub"), "utf8")).trim();
    const checked = await run("verify", "--proof", proof, "--key", key);
    expect(checked).toMatchObject({ exitCode: 0, output: expect.stringContaining(`event ${eventId} is event 1`) });
    await writeFile(proof, (await readFile(proof, "utf8")).replace("edit.moved", "edit.rerun"));
    const forged = await run("verify", "--proof", proof, "--key", key);
    expect(forged).toMatchObject({ exitCode: 1, output: expect.stringContaining("does not hold") });
  });

  it("exports what a filter lets through, exactly or for spreadsheets", async () => {
    const out = join(folder, "events.ndjson");
    await run("export", "--database", database, "--out", out);
    const events = (await readFile(out, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ kind, position }) => [kind, position])).toEqual([
      ["case.decided", 2],
      ["edit.moved", 1],
      ["edit.accepted", 0],
    ]);
    const csv = join(folder, "events.csv");
    const filter = ["--kind", "edit.moved", "case.decided", "--before", "2026-01-01T00:00:03Z"];
    await run("export", "--database", database, "--format", "csv", "--out", csv, ...filter);
    const [header, row, ...rest] = (await readFile(csv, "utf8")).split("\r\n");
    expect(header).toMatch(/^position,id,at,actor,kind,/);
    expect(row).toContain(`1,${eventId},2026-01-01T00:00:02.000Z,server,edit.moved,edit,'=1+1,,,`);
    expect(row).toContain('"{""note"":""a \\""word\\"", a line""}"');
    expect(rest).toEqual([""]);
  });

  it("says what is missing or wrong", async () => {
    await expect(run("verify", ...sources(), "--database", "nothing.db")).rejects.toThrow(/expected a database file/);
    await expect(run("verify", ...sources(), "--key", "nothing")).rejects.toThrow(/the log's public key/);
    await expect(run("verify", ...sources(), "--proof", database)).rejects.toThrow(/expected what `pentimento audit/);
    await expect(run("prove", "nothing", ...sources())).rejects.toThrow(/there is no audit event "nothing"/);
    await expect(run("export", "--database", database, "--format", "xml")).rejects.toThrow(/csv or ndjson/);
    await expect(run("export", "--database", database, "--from", "soon")).rejects.toThrow(/"soon" is no time/);
  });
});
