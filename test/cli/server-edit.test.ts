import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { editCommand } from "../../src/cli/edit-command.ts";
import { printed } from "../support/printed.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await testServer({ PENTIMENTO_CREDENTIALS: "off" });
  vi.stubEnv("PENTIMENTO_KEY", server.key);
  folder = await mkdtemp(join(tmpdir(), "pentimento-server-edit-"));
  await writeFile(join(folder, "in.png"), await pictureFile({ width: 90, height: 60 }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const run = (...args: string[]) =>
  printed(editCommand(), [join(folder, "in.png"), "sepia", "-o", join(folder, "out.png"), ...args]);

describe("pentimento edit --server", () => {
  it("writes what the server made, and says it as JSON where that is asked", async () => {
    const facts = JSON.parse(await run("--server", server.url, "--seed", "7", "--steps", "2", "--json"));
    const made = { width: 90, height: 60, seed: 7, steps: 2, model: "tiny", seconds: expect.any(Number) };
    expect(facts).toMatchObject({ ...made, edit: expect.any(String), output: join(folder, "out.png") });
    expect(await sharp(join(folder, "out.png")).metadata()).toMatchObject({ width: 90, height: 60, format: "png" });
    expect((await fetch(facts.url)).status).toBe(200);
    expect(await run("--server", server.url, "--steps", "1")).toMatch(/90 × 60, .*, seed \d+, model tiny\nhttp:/);
  });

  it("cancels the edit there on Ctrl-C, and writes nothing", async () => {
    await rm(join(folder, "out.png"), { force: true });
    const others = process.listeners("SIGINT");
    const press = () => process.listeners("SIGINT").find((one) => !others.includes(one))?.("SIGINT");
    const bar = vi.spyOn(process.stderr, "write").mockImplementation(() => press() !== undefined);
    await expect(run("--server", server.url, "--steps", "100")).rejects.toMatchObject({ code: "CANCELLED" });
    bar.mockRestore();
    expect(await server.server.services.db.client.edit.count({ where: { status: "CANCELLED" } })).toBe(1);
    expect(process.listeners("SIGINT")).toEqual(others);
    expect(await readdir(folder)).toEqual(["in.png"]);
  });

  it.each([
    ["--rounding", "bfloat16"],
    ["--bucket-rule", "bfl"],
  ])("refuses %s, which a server does not take", async (...option) => {
    await rm(join(folder, "out.png"), { force: true });
    await expect(run("--server", server.url, ...option)).rejects.toThrow(/go without --server alone/);
    expect(await readdir(folder)).toEqual(["in.png"]);
  });
});
