import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { separator, signCheckpoint } from "../../src/audit/checkpoint.ts";
import { logName } from "../../src/audit/log-files.ts";
import { noteSigner } from "../../src/audit/signed-note.ts";
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

  it("finds a row that was put in before the first", async () => {
    const { auditEvent } = db.client;
    const { details: _, ...row } = await auditEvent.findUniqueOrThrow({ where: { position: 1 } });
    await auditEvent.create({ data: { ...row, id: "forged", position: -1 } });
    const forged = await run("verify", ...sources());
    await auditEvent.delete({ where: { id: "forged" } });
    expect(forged.exitCode).toBe(1);
    expect(forged.output).toContain("fault: event forged at position -1: no event can stand here");
  });

  it("reads the sink's checkpoints without being asked: the data folder's own may be rewritten with the log", async () => {
    const data = join(folder, "data");
    await mkdir(join(data, "audit"), { recursive: true });
    await writeFile(join(data, "audit", "checkpoints.txt"), "");
    vi.stubEnv("PENTIMENTO_DATA", data);
    const verify = () => run("verify", "--database", database, "--key", join(folder, "key.pub"));
    const alone = await verify();
    vi.stubEnv("PENTIMENTO_AUDIT_SINK", join(folder, "checkpoints.txt"));
    const beside = await verify();
    vi.unstubAllEnvs();
    expect(alone).toMatchObject({ exitCode: 1, output: expect.stringContaining("there is no checkpoint") });
    expect(beside).toMatchObject({ exitCode: 0, output: expect.stringContaining("the log is whole") });
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

  it("changes nothing in what it looks into, and makes nothing that is not there", async () => {
    const copy = join(folder, "50% copy.db");
    await db.client.$executeRawUnsafe(`VACUUM INTO '${copy}'`);
    const empty = join(folder, "empty.db");
    await writeFile(empty, "");
    await chmod(copy, 0o644);
    const before = [await readFile(copy), await readdir(folder)] as const;
    const kinds = ["--kind", "edit.moved"];
    expect((await run("verify", ...sources(), "--database", copy)).output).toContain("the log is whole");
    await run("export", "--database", pathToFileURL(copy).href, "--out", join(folder, "moves.ndjson"), ...kinds);
    await rm(join(folder, "moves.ndjson"));
    await expect(run("export", "--database", empty)).rejects.toThrow(/holds no audit log/);
    for (const missing of [join(folder, "none.db"), `file:${join(folder, "none.db")}`])
      await expect(run("export", "--database", missing)).rejects.toThrow(/none.db: expected a database file/);
    vi.stubEnv("PENTIMENTO_DATA", join(folder, "before the first start"));
    await expect(run("export").finally(() => vi.unstubAllEnvs())).rejects.toThrow(/pentimento.db: expected a database/);
    const text = join(folder, "key.pub");
    await expect(run("export", "--database", text)).rejects.toThrow(`the database ${text} cannot be opened: `);
    expect(await readdir(folder)).toEqual(before[1]);
    expect((await readFile(copy)).equals(before[0]!)).toBe(true);
    expect([(await stat(copy)).mode & 0o777, (await stat(empty)).size]).toEqual([0o644, 0]);
  });

  it("ends without a word when whoever reads has seen enough", async () => {
    const program = join(import.meta.dirname, "../../bin/pentimento.js");
    const child = spawn(process.execPath, [program, "audit", "export", "--database", database]);
    child.stdout.destroy();
    let words = "";
    child.stderr.on("data", (data) => {
      words += data;
    });
    const [code] = await once(child, "close");
    expect([code, words]).toEqual([0, ""]);
  });

  it("says what is missing or wrong", async () => {
    await expect(run("verify", ...sources(), "--database", "nothing.db")).rejects.toThrow(/expected a database file/);
    await expect(run("verify", ...sources(), "--key", "nothing")).rejects.toThrow(/the log's public key/);
    await expect(run("verify", ...sources(), "--proof", database)).rejects.toThrow(/expected what `pentimento audit/);
    await expect(run("prove", "nothing", ...sources())).rejects.toThrow(/there is no audit event "nothing"/);
    await expect(run("export", "--database", database, "--format", "xml")).rejects.toThrow(/csv or ndjson/);
    await expect(run("export", "--database", database, "--from", "soon")).rejects.toThrow(/"soon" is no time/);
    const mixed = run("export", "--database", database, "--kind", "edit.moved", "nonsense");
    await expect(mixed).rejects.toThrow(/--kind nonsense: account.created or /);
    await expect(run("export", "--database", database, "--category", "BAD")).rejects.toThrow(/--category BAD: CSAM or/);
  });
});

describe("pentimento audit consistency", () => {
  const sizes = [3, 7, 12];
  const seed = Buffer.alloc(32, 4);
  let copies: string[];
  let grown: string;
  beforeAll(async () => {
    grown = await mkdtemp(join(tmpdir(), "pentimento-audit-grown-"));
    await using growing = await openDatabase(`file:${join(grown, "growing.db")}`);
    const clock = new SetClock();
    for (let [size, next] = [0, sizes[0]!]; next !== undefined; size = next, next = sizes[sizes.indexOf(size) + 1]!) {
      await using _log = await AuditLog.open({ db: growing, folder: grown, seed, clock, onError: () => {} });
      const about = { actor: "server", kind: "edit.moved", subjectKind: "edit", details: {} } as const;
      for (let i = size; i < next; i += 1) {
        clock.advance(1000);
        await appendAudit(growing, [{ ...about, subjectId: String(i) }], clock.date());
      }
    }
    await growing.client.$executeRawUnsafe(`VACUUM INTO '${join(grown, "copy.db")}'`);
    const checkpoints = join(grown, "elsewhere.txt");
    await writeFile(checkpoints, await readFile(join(grown, "checkpoints.txt")));
    copies = ["--database", join(grown, "copy.db"), "--checkpoints", checkpoints, "--key", join(grown, "key.pub")];
  });

  const proofFile = () => join(grown, "proof.json");
  const check = () => run("verify", "--proof", proofFile(), "--key", join(grown, "key.pub"));

  it.each([
    [[], 3, 12],
    [["--older", "7"], 7, 12],
    [["--newer", "7"], 3, 7],
  ] as const)("proves on copies with %j that the log has only grown", async (wish, older, newer) => {
    await writeFile(proofFile(), (await run("consistency", ...wish, ...copies)).output);
    expect(await check()).toEqual({
      exitCode: 0,
      output: `the log of ${newer} events begins with the log of ${older}: none of those was changed or removed`,
    });
  });

  it("writes no proof that holds for another log, or once the log was changed", async () => {
    const proof = JSON.parse((await run("consistency", ...copies)).output);
    const otherRoot = signCheckpoint({ origin: logName, size: 3, root: Buffer.alloc(32) }, noteSigner(logName, seed));
    for (const forged of [
      { ...proof, older: otherRoot },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, newer: proof.newer.replace("\n12\n", "\n13\n") },
    ]) {
      await writeFile(proofFile(), JSON.stringify(forged));
      expect(await check()).toMatchObject({ exitCode: 1, output: expect.stringContaining("the proof does not hold") });
    }
    const changed = join(grown, "changed.db");
    await writeFile(changed, await readFile(join(grown, "copy.db")));
    await using other = await openDatabase(`file:${changed}`);
    await other.client.auditEvent.update({ where: { position: 1 }, data: { subtree: "00".repeat(32) } });
    await expect(run("consistency", ...copies, "--database", changed)).rejects.toThrow(
      /the log cannot prove it: .*audit verify/,
    );
  });

  it("says which checkpoints there are, and when two of them disagree", async () => {
    const ask = (...wish: string[]) => run("consistency", ...copies, ...wish);
    await expect(ask("--older", "5")).rejects.toThrow(/no checkpoint of 5 events.*: 3, of 3 to 12 events/);
    await expect(ask("--older", "12", "--newer", "7")).rejects.toThrow(/must hold fewer than the newer/);
    await expect(ask("--older", "0")).rejects.toThrow(/--older 0: a whole number from 1/);
    const forked = join(grown, "forked.txt");
    const note = signCheckpoint({ origin: logName, size: 7, root: Buffer.alloc(32) }, noteSigner(logName, seed));
    await writeFile(forked, note + separator);
    await expect(ask("--older", "7", "--checkpoints", forked)).rejects.toThrow(
      /two checkpoints of 7 events have different roots/,
    );
    await writeFile(forked, "");
    const [database, key] = [copies.slice(0, 2), copies.slice(-2)];
    await expect(run("consistency", ...database, ...key, "--checkpoints", forked)).rejects.toThrow(
      /no checkpoint that the key has signed/,
    );
  });
});
