import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hashesCommand } from "../../src/cli/hashes-command.ts";
import { HashLists } from "../../src/moderation/hash-list/hash-lists.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { printed } from "../support/printed.ts";

const [one, two] = ["a".repeat(32), "b".repeat(32)];

let folder: string;
let file: string;
let db: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-hashes-"));
  file = join(folder, "list.csv");
  vi.stubEnv("PENTIMENTO_DATA", folder);
  db = await openDatabase(`file:${join(folder, "pentimento.db")}`);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => rm(join(folder, "lists"), { recursive: true, force: true }));

const run = (...args: string[]) => printed(hashesCommand(), args);

const about = ["--name", "known", "--category", "NCII", "--source", "a test"];

async function importing(lines: readonly string[], ...more: string[]): Promise<string> {
  await writeFile(file, ["type,hash,status", ...lines].join("\n"));
  return run("import", file, ...about, "--format", "csv", ...more);
}

async function audited() {
  const events = await db.client.auditEvent.findMany({ where: { subjectKind: "hash-list" }, orderBy: { id: "asc" } });
  return events.map(({ actor, kind, subjectId, details }) => ({ actor, kind, subjectId, details }));
}

describe("pentimento hashes", () => {
  it("imports, adds to and replaces a list, says what changed, and the log knows", async () => {
    expect(await run("list")).toBe("no hash lists");
    expect(await importing([`md5,${one},`, "pdna,00,"])).toBe(
      "known: 1 added, 0 removed\n1 left out: a kind of hash that is not used",
    );
    expect(await importing([`md5,${two},`])).toBe("known: 1 added, 0 removed");
    expect(await importing([`md5,${one},deleted`])).toBe("known: 0 added, 1 removed");
    expect(await importing([`md5,${one},`], "--replace")).toBe("known: 1 added, 1 removed");
    expect(await run("list")).toMatch(/known +NCII +0 +1 +0 +\S+ +a test +in force/);
    const [first] = await audited();
    const details = { added: 1, removed: 0, skipped: 1 };
    expect(first).toEqual({ actor: "server", kind: "hash-list.imported", subjectId: "known", details });
  });

  it("removes a list, which a running server forgets, and which can be imported again", async () => {
    await importing([`md5,${one},`]);
    const running = await HashLists.open({ folder: join(folder, "lists"), required: [], ageHoursMax: 168 });
    expect(running.version).toMatch(/^known@/);
    expect(await run("remove", "known")).toContain("known is removed");
    expect(await run("list")).toBe("no hash lists");
    await running.reload();
    expect([running.version, running.hold(new Date())]).toEqual(["none", undefined]);
    expect((await audited()).at(-1)).toMatchObject({ kind: "hash-list.removed", subjectId: "known" });
    for (const name of ["known", "unknown", "../lists"])
      await expect(run("remove", name)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await importing([`md5,${two},`])).toBe("known: 1 added, 0 removed");
    await running.reload();
    expect(running.version).toMatch(/^known@/);
  });

  it("changes no list that it cannot write to the log, and can be asked again", async () => {
    await importing([`md5,${one},`]);
    const before = await run("list");
    const trigger = `CREATE TRIGGER "full" BEFORE INSERT ON "AuditEvent" BEGIN SELECT RAISE(ABORT, 'full'); END`;
    await db.client.$executeRawUnsafe(trigger);
    await expect(importing([`md5,${two},`])).rejects.toThrow();
    await expect(run("remove", "known")).rejects.toThrow();
    await db.client.$executeRawUnsafe('DROP TRIGGER "full"');
    expect(await run("list")).toBe(before);
    expect(await importing([`md5,${two},`])).toBe("known: 1 added, 0 removed");
    expect(await run("remove", "known")).toContain("known is removed");
  });

  it("shows a list that is required and missing, and one that is stale", async () => {
    const filters = join(folder, "filters.json");
    await writeFile(filters, JSON.stringify({ format: 1, requiredHashLists: ["stopncii"] }));
    vi.stubEnv("PENTIMENTO_FILTERS", filters);
    await importing([`md5,${one},`], "--age-hours", "1");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 3_600_000 });
    const [, known, missing] = (await run("list").finally(() => vi.useRealTimers())).split("\n");
    expect(known).toContain("2 hours ago; after 1 it is stale");
    expect(missing).toContain('hash list "stopncii" has not been imported');
    vi.stubEnv("PENTIMENTO_FILTERS", undefined);
  });

  it("names what is wrong, and leaves the list as it was", async () => {
    await importing([`md5,${one},`]);
    const before = await run("list");
    const wrong = (...args: string[]) => expect(run("import", file, ...args)).rejects;
    await wrong(...about, "--format", "xlsx").toThrow("--format xlsx: csv or json or stopncii or ncmec is expected");
    await wrong(...about, "--format", "csv", "--category", "BAD").toThrow("--category BAD: CSAM or NCII");
    await wrong(...about, "--format", "csv", "--name", "Known!").toThrow('not "Known!"');
    await wrong(...about, "--format", "csv", "--category", "CSAM").toThrow("is one of NCII, not of CSAM");
    await wrong(...about, "--format", "csv", "--source", "x".repeat(201)).toThrow("at most 200 are kept");
    await expect(importing(["md5,zz,"])).rejects.toThrow("nothing in the list can be used");
    await writeFile(file, Uint8Array.of(0x1f, 0x8b, 0xff));
    await wrong(...about, "--format", "csv").toThrow("is not text in UTF-8");
    await expect(run("import", join(folder, "none"), ...about, "--format", "csv")).rejects.toThrow("no such file");
    expect(await run("list")).toBe(before);
  });
});
