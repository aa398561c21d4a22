import { describe, expect, it } from "vitest";
import { Charsmap, withCharsmaps } from "../../src/pipeline/charsmap.ts";
import { charsmapBlob } from "./charsmap-blob.ts";

const rules = { ﬁ: "fi", "\t": " ", "\r": " ", "\n": " ", "e\u0301": "\u00e9", か: "か!", ｶ: "カ", "\u0007": "" };
const charsmap = new Charsmap(charsmapBlob(rules));

describe("Charsmap", () => {
  it.each([
    ["", ""],
    ["plain text", "plain text"],
    ["ﬁsh\tﬁ", "fish fi"],
    ["ｶか", "カか!"],
    ["a\u0007b", "ab"],
    ["日本🙂", "日本🙂"],
  ])("replaces %j by %j", (text, expected) => {
    expect(charsmap.normalize(text)).toBe(expected);
  });

  it("replaces a short cluster as one, by its shortest rule", () => {
    expect(charsmap.normalize("e\u0301")).toBe("\u00e9");
    expect(charsmap.normalize("\r\n")).toBe(" ");
    expect(charsmap.normalize("ﬁ\u0301")).toBe("fi");
  });

  it("replaces a long cluster character by character", () => {
    expect(charsmap.normalize("か\u3099")).toBe("か!\u3099");
    expect(charsmap.normalize("👩\u200d👩")).toBe("👩\u200d👩");
  });

  it("refuses a blob that is cut off", () => {
    const blob = charsmapBlob(rules);
    expect(() => new Charsmap(blob.subarray(0, 3))).toThrow("cut off");
    expect(() => new Charsmap(blob.subarray(0, 500))).toThrow("cut off");
  });
});

describe("withCharsmaps", () => {
  const part = (config: { type: string; precompiled_charsmap?: string | null }) => {
    const normalize = (text: string) => text.toUpperCase();
    return Object.assign(normalize, { normalize, config });
  };
  const base64 = Buffer.from(charsmapBlob(rules)).toString("base64");

  it("takes the place of precompiled maps only, also inside a sequence", () => {
    expect(withCharsmaps(part({ type: "Precompiled", precompiled_charsmap: base64 }))("ﬁ")).toBe("fi");
    expect(withCharsmaps(part({ type: "Precompiled", precompiled_charsmap: null }))("a")).toBe("A");
    const sequence = Object.assign(part({ type: "Sequence" }), {
      normalizers: [part({ type: "Precompiled", precompiled_charsmap: base64 }), null, part({ type: "Uppercase" })],
    });
    expect(withCharsmaps(sequence).normalizers?.map((inner) => inner?.normalize("ﬁ"))).toEqual(["fi", undefined, "FI"]);
  });
});
