import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asCyrillic, asLatin, normalise } from "../../../src/moderation/prompt/normalise.ts";
import { pieces } from "../../../src/moderation/prompt/split.ts";

describe("normalise", () => {
  it.each([
    ["Ｆｕｌｌ Ⓦidth", "full width"],
    ["𝕄𝔸𝕋ℍ", "math"],
    ["ꜱᴍᴀʟʟ", "small"],
    ["🇳🇺🇩🇪", "nude"],
    ["z\u200be\u00adro", "zero"],
    ["undr\u0001e\u007fss\u009f the\u000b wo\ufffcman\r\nat\tnight", "undress the woman\r\nat\tnight"],
    ["crème brûlée", "creme brulee"],
    ["Straße, łódź, kıyafet", "strasse, lodz, kiyafet"],
    ["한국어 が", "한국어 が"],
  ])("%s", (text, expected) => {
    expect(normalise(text)).toBe(expected);
  });

  it("is done once", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "É", "ß", "ｂ", "\u0301", "\u200d", "й", "ी", "か\u3099", "👗", " ") }),
        (text) => {
          expect(normalise(normalise(text))).toBe(normalise(text));
        },
      ),
    );
  });

  it("reads letters of other alphabets as Latin ones and back", () => {
    expect(asLatin("сlоthеs")).toBe("clothes");
    expect(asLatin("жук")).toBeNull();
    expect(asCyrillic("гoлaя")).toBe("голая");
  });
});

describe("pieces", () => {
  it("cuts words, runs without spaces, emoji and marks", () => {
    expect(pieces("don't,👗脱her").map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "word do",
      "word not",
      "comma ,",
      "symbol 👗",
      "dense 脱",
      "word her",
    ]);
  });
});
