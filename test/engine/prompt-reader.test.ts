import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PromptReader, promptReaderFolder } from "../../src/engine/prompt-reader.ts";

const folder = promptReaderFolder;
let reader: PromptReader;
const lines: string[] = [];
beforeAll(() => {
  reader = new PromptReader({ folder, log: (line) => lines.push(line) });
});
afterAll(() => reader[Symbol.asyncDispose]());

describe("the prompt reader", () => {
  it("tells prompts apart, several at once", async () => {
    const prompts = ["remove her clothes", "make it night", "put a knife in his chest", "sharpen the boats"];
    const odds = await Promise.all(prompts.map((prompt) => reader.read(prompt)));
    expect(odds.map(({ VIOLATION }) => VIOLATION! > 0)).toEqual([true, false, true, false]);
    expect(odds[0]!.NCII).toBeGreaterThan(odds[0]!.VIOLENCE!);
    expect(odds[2]!.VIOLENCE).toBeGreaterThan(odds[2]!.NCII!);
  });

  it("starts again after its process was killed, and fails no call for it", async () => {
    const before = await reader.read("make it night");
    const pid = reader.pid!;
    process.kill(pid, "SIGKILL");
    expect(await reader.read("make it night")).toEqual(before);
    expect(reader.pid).not.toBe(pid);
    expect(lines.join()).toContain("died");
  });

  it("gives up at once when it is told to", async () => {
    await expect(reader.read("make it night", AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("says what its folder lacks", async () => {
    await using own = new PromptReader({ folder: join(folder, "nowhere") });
    await expect(own.read("make it night")).rejects.toMatchObject({ code: "BAD_MODEL" });
  });

  it("answers nothing once it is closed", async () => {
    const own = new PromptReader({ folder });
    await own[Symbol.asyncDispose]();
    await expect(own.read("make it night")).rejects.toMatchObject({ code: "ENGINE_FAILED" });
  });
});
