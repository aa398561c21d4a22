import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portionCharactersMax, portionsOf, wholeCharactersMax } from "../../../src/moderation/prompt/portions.ts";

describe("the portions of a prompt", () => {
  it("are one where it is short", () => {
    expect(portionsOf("make it night. add stars!")).toEqual(["make it night. add stars!"]);
  });

  it("are whole sentences where they fit, and whole words where one does not", () => {
    const sentence = `${"a blue boat on the lake ".repeat(7)}.`;
    expect(portionsOf([sentence, sentence, sentence].join(" "))).toEqual([sentence, ` ${sentence}`, ` ${sentence}`]);
    for (const portion of portionsOf("boats ".repeat(100))) expect(portion).toMatch(/^(boats )+$/);
  });

  it("leave nothing out and are never too long", () => {
    const text = fc
      .array(fc.constantFrom("boat ", "。", "x".repeat(500), "\n", "naked", "a. ", "  ", "é"))
      .map((each) => each.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 2000 })), (prompt) => {
        const portions = portionsOf(prompt);
        expect(portions.join("")).toBe(prompt);
        const longest = Math.max(...portions.map(({ length }) => length));
        expect(longest).toBeLessThanOrEqual(portions.length > 1 ? portionCharactersMax : wholeCharactersMax);
      }),
    );
  });
});
