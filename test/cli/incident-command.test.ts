import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { incidentCommand } from "../../src/cli/incident-command.ts";
import { newId } from "../../src/core/id.ts";
import { LocalStorage } from "../../src/delivery/local-storage.ts";
import { seal } from "../../src/moderation/seal.ts";
import { createAccount } from "../../src/store/accounts.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { incidentStatements } from "../../src/store/incidents.ts";
import { anAccount, anEdit } from "../store/databases.ts";
import { printed } from "../support/printed.ts";

/** The pair as docs/operating.md has it made. */
const { x, d } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
const picture = new TextEncoder().encode("a picture");

let folder: string;
let db: Database;
let id: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-incident-"));
  vi.stubEnv("PENTIMENTO_DATA", folder);
  db = await openDatabase(`file:${join(folder, "pentimento.db")}`);
  const act = { actor: "server", at: new Date() };
  const account = await createAccount(db, { name: "<web>" }, act);
  const storage = await LocalStorage.open(join(folder, "images"));
  const sealedDigest = await storage.put(await seal(picture, Buffer.from(x!, "base64url")));
  const preservedUntil = new Date(Date.UTC(2027, 10, 28));
  const hit = { stage: "SOURCE", category: "CSAM", filter: "hash-lists", sealedDigest, preservedUntil } as const;
  id = newId(act.at);
  await db.batch(incidentStatements({ id, accountId: account.id, md5: "ab".repeat(16), ...hit }, act));
  await writeFile(join(folder, "incident.key"), `${d}\n`);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => printed(incidentCommand(), args);

const who = ["--email", "trust@example.org", "--service", "Example", "--url", "https://example.org"];

describe("pentimento incident", () => {
  it("lists what was kept", async () => {
    const lines = (await run("list")).split("\n");
    expect(lines.find((line) => line.includes(id))).toMatch(/source.*hash-lists.*sealed.*2027-11-28/);
  });

  it("exports drafts and the sealed picture, and the log knows", async () => {
    const out = join(folder, "sealed");
    await run("export", id, "-o", out, ...who);
    expect((await readdir(out)).sort()).toEqual(["file-details.xml", "incident.json", "picture.sealed", "report.xml"]);
    const report = await readFile(join(out, "report.xml"), "utf8");
    expect(report).toContain("<screenName>&#60;web&#62;</screenName>");
    expect(await readFile(join(out, "file-details.xml"), "utf8")).toContain("ab".repeat(16));
    const events = await db.client.auditEvent.findMany({ where: { kind: "incident.exported" } });
    expect(events).toMatchObject([{ subjectId: id, details: { opened: false } }]);
  });

  it("exports a prompt with what was not to be seen", async () => {
    const { request, ...edit } = await anEdit(db, await anAccount(db));
    await db.client.edit.update({
      where: { id: edit.id },
      data: { request: { ...request, negativePrompt: "clothes" } },
    });
    const hit = { stage: "PROMPT", category: "CSAM", filter: "prompt-rules", preservedUntil: new Date() } as const;
    const prompted = newId(new Date());
    const incident = { id: prompted, accountId: edit.accountId, editId: edit.id, ...hit };
    await db.batch(incidentStatements(incident, { actor: "server", at: new Date() }));
    const out = join(folder, "prompt");
    await run("export", prompted, "-o", out, ...who);
    expect(await readFile(join(out, "report.xml"), "utf8")).toContain("Negative prompt: clothes");
    const { incident: written } = JSON.parse(await readFile(join(out, "incident.json"), "utf8"));
    expect(written).toMatchObject({ prompt: edit.prompt, negativePrompt: "clothes", sealed: false });
  });

  it("writes for its owner alone, also into a folder that others can enter", async () => {
    const out = join(folder, "shared");
    await mkdir(out);
    await chmod(out, 0o755);
    await run("export", id, "-o", out, ...who, "--key", join(folder, "incident.key"));
    for (const name of await readdir(out)) expect((await stat(join(out, name))).mode & 0o777, name).toBe(0o600);
    const taken = join(folder, "incident.key", "report");
    await expect(run("export", id, "-o", taken, ...who)).rejects.toThrow(`-o ${taken}: cannot be made (ENOTDIR)`);
  });

  it("opens the picture with the private key and with no other", async () => {
    const out = join(folder, "opened");
    await run("export", id, "-o", out, ...who, "--key", join(folder, "incident.key"));
    expect(await readFile(join(out, "picture.png"))).toEqual(Buffer.from(picture));
    const other = join(folder, "other.key");
    await writeFile(other, Buffer.alloc(32, 7).toString("base64url"));
    await expect(run("export", id, "-o", out, ...who, "--key", other)).rejects.toThrow("another key");
    await writeFile(other, "short");
    await expect(run("export", id, "-o", out, ...who, "--key", other)).rejects.toThrow("expected 32 bytes");
    await expect(run("export", "nobody", "-o", out, ...who)).rejects.toThrow("there is no incident nobody");
  });
});
