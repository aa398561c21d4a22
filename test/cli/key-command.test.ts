import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { accountCommand } from "../../src/cli/account-command.ts";
import { keyCommand } from "../../src/cli/key-command.ts";
import { printed } from "../support/printed.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-key-command-"));
  vi.stubEnv("PENTIMENTO_DATA", folder);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) => printed(keyCommand(), args);
const accounts = async () => (await printed(await accountCommand(), ["list"])).split("\n").slice(1);

describe("pentimento key", () => {
  it("makes a key and its account, lists it and ends it", async () => {
    expect(await run("create", "--account", "anna", "--name", "Ännas 🖌️ key")).toMatch(/^pk_[\w-]{43}$/);
    const [, line] = (await run("list", "--account", "anna")).split("\n");
    expect(line).toMatch(/Ännas 🖌️ key +\S+ +valid$/);
    expect(await run("revoke", line!.split(" ")[0]!, "--account", "anna")).toMatch(/is revoked$/);
    expect(await run("list", "--account", "anna")).toMatch(/revoked$/);
  });

  it("makes the local account in the role that the first start gives it, and in no such role where others reach it", async () => {
    vi.stubEnv("PENTIMENTO_PUBLIC_URL", "https://edit.example.org");
    vi.stubEnv("PENTIMENTO_DATA", join(folder, "public"));
    await run("create");
    expect(await accounts()).toEqual([expect.stringMatching(/^local .* USER /)]);
    vi.stubEnv("PENTIMENTO_PUBLIC_URL", undefined);
    vi.stubEnv("PENTIMENTO_DATA", folder);
    await run("create");
    expect(await accounts()).toContainEqual(expect.stringMatching(/^local .* ADMIN /));
    await run("create", "--account", "carla");
    expect(await accounts()).toContainEqual(expect.stringMatching(/^carla .* USER /));
  });

  it.each([
    [["--account", ""], /--account is blank: 1 to 100 characters/],
    [["--name", " "], /--name is blank: 1 to 100 characters are/],
    [["--name", "x".repeat(101)], /--name has 101 characters/],
    [["--account", "two\nlines"], /--account has control characters/],
    [["--name", "red\x1b[31m"], /--name has control characters/],
  ])("makes nothing for %j", async (options, message) => {
    const before = await accounts();
    await expect(run("create", "--account", "berta", ...options)).rejects.toThrow(message);
    expect(await accounts()).toEqual(before);
  });
});
