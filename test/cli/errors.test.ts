import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { reportError } from "../../src/cli/errors.ts";
import { Failed, Refused } from "../../src/core/errors.ts";

/** What is written for an error, and the exit code that it sets. */
function reported(error: unknown): { words: string; exitCode: unknown } {
  let words = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    words += text;
    return true;
  });
  reportError(error);
  return { words, exitCode: process.exitCode };
}

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

describe("reportError", () => {
  it("tells what was refused, with all faults, and what failed, in a line", () => {
    const refused = reported(new Refused("BAD_INPUT", "two faults", ["one", "another"]));
    expect(refused).toEqual({ words: "error: two faults\n  - one\n  - another\n", exitCode: 2 });
    const listed = reported(new Refused("BAD_INPUT", "one\nanother", ["one", "another"]));
    expect(listed).toEqual({ words: "error: one\nanother\n", exitCode: 2 });
    const failed = reported(new Failed("INTERNAL", "the disk is gone", { retryable: false }));
    expect(failed).toEqual({ words: "error: the disk is gone\n", exitCode: 1 });
  });

  it("takes what the system refuses for a failure of the world, and the rest for our bug", async () => {
    const missing = await readFile("/nowhere/at all").catch((error) => error);
    expect(reported(missing)).toEqual({ words: expect.stringMatching(/^error: ENOENT: [^\n]+\n$/), exitCode: 1 });
    const bug = reported(new TypeError("x is undefined"));
    expect(bug).toEqual({ words: expect.stringMatching(/^This is a bug .*\nTypeError: x[\s\S]*\.ts:/), exitCode: 1 });
  });
});
