import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  portionCharactersMax,
  portionsOf,
  unpadded,
  wholeCharactersMax,
} from "../../../src/moderation/prompt/portions.ts";

describe("a prompt without padding", () => {
  it.each([
    ["blanks", `boats${" ".repeat(5000)}on a lake`, "boats on a lake"],
    ["blanks of many kinds", `boats${" \t\u00a0\u3000\u200b".repeat(1000)}on a lake`, "boats on a lake"],
    ["what is not seen", `boa${"\u200b\u200d\u2060".repeat(1000)}ts`, "boats"],
    ["the end of a line", `boats${" ".repeat(500)}\n${" ".repeat(500)}on a lake`, "boats\non a lake"],
    ["paragraphs", `boats${"\n".repeat(500)}on a lake`, "boats\n\non a lake"],
    ["a sign", `${"!".repeat(130)} boats`, "!!! boats"],
    ["an emoji", `boats ${"⛵".repeat(130)}`, "boats ⛵⛵⛵"],
  ])("has few of %s", (_, prompt, expected) => {
    expect(unpadded(prompt)).toBe(expected);
  });

  it.each([
    "make it night!!!!",
    "s t r i p   h e r",
    "n******* woman",
    "boats.\n\nA lake.",
    "boooooooooooats",
    "🏳️‍🌈🏳️‍🌈🏳️‍🌈",
  ])("is the prompt where there is none: %j", (prompt) => expect(unpadded(prompt)).toBe(prompt));
});

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
