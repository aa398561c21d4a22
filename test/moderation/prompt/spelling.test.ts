import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskedWords, readings, trimmedEnd } from "../../../src/moderation/prompt/spelling.ts";

const unspelt = /[^\p{L}\p{N}]/u;

describe("a text without the signs at its end", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("a", "é", "7", "*", ".", "!", "👗", "𐐀", "\ud83d", "\u0301") }),
  );

  it.each([
    ["what is neither letter nor figure", unspelt, /[^\p{L}\p{N}]+$/u],
    ["asterisks", /\*/, /\*+$/],
    ["marks", /[*_~.,;:?!]/u, /[*_~.,;:?!]+$/u],
  ])("is what a pattern leaves of it: %s", (_, sign, pattern) => {
    fc.assert(
      fc.property(text, (given) => {
        expect(trimmedEnd(given, sign)).toBe(given.replace(pattern, ""));
      }),
    );
  });

  it("looks at each character once, wherever the signs stand", () => {
    let looks = 0;
    const counted = {
      test: (character: string) => {
        looks += 1;
        return unspelt.test(character);
      },
    };
    expect(trimmedEnd(`a${"*".repeat(9998)}a`, counted)).toHaveLength(10_000);
    expect(looks).toBe(1);
    expect(trimmedEnd(`a${"*".repeat(9999)}`, counted)).toBe("a");
    expect(looks).toBe(10_001);
  });
});

describe("what a chunk may have been meant to spell", () => {
  it.each([
    ['"cl0the$"', ["clothes", "clothes"]],
    ["(n.u.d.e)!!!", ["nude"]],
    ["*na-ked*", ["naked"]],
    ["nude-coloured", []],
    ["***", []],
  ])("%j", (chunk, expected) => {
    expect(readings(chunk)).toEqual(expected);
  });

  it.each([
    ["«wh1te»", ["white", "whlte"]],
    ["T.r.u.m.p!", ["Trump"]],
    ["--und.ress--", ["undress"]],
    ["white!", []],
  ])("where signs stand between its letters: %j", (chunk, expected) => {
    expect(maskedWords(chunk)).toEqual(expected);
  });
});
