import { describe, expect, it } from "vitest";
import { lexiconConcepts, parseGrammar, versionOf } from "../../../src/moderation/prompt/grammar.ts";
import { Lexicon } from "../../../src/moderation/prompt/lexicon.ts";
import { Passage } from "../../../src/moderation/prompt/passage.ts";
import { Tokeniser } from "../../../src/moderation/prompt/tokenise.ts";
import { parseWords } from "../../../src/moderation/prompt/word-lines.ts";

const words = `COMMA: ,
RED: red
BIG: big*
CAR: car, motor car
DOG: dog`;

function matches(pattern: string, prompt: string): string[] {
  const grammar = `set MADE : ${pattern}`;
  const lexicon = new Lexicon(parseWords(words, "en"), lexiconConcepts(grammar));
  const tokens = new Tokeniser(lexicon).tokenise(prompt);
  const passage = new Passage(tokens, lexicon.concepts.empty());
  const [statement] = parseGrammar(grammar, lexicon.concepts);
  return passage.matches(statement!, Number.POSITIVE_INFINITY).map(({ from, to }) =>
    tokens
      .slice(from, to)
      .map(({ text }) => text)
      .join(" "),
  );
}

describe("patterns", () => {
  it.each([
    ["RED CAR", "a red car and a red motor car", ["red car", "red motor car"]],
    ["RED ?BIG CAR", "red bigger car, red car", ["red bigger car", "red car"]],
    ["RED ~2 CAR", "red and fast car", ["red and fast car"]],
    ["RED ~1 CAR", "red and fast car", []],
    ["RED ~3!DOG CAR", "red dog car", []],
    ["RED ~3=BIG CAR", "red big unheard car", ["red big unheard car"]],
    ["RED ~3=BIG CAR", "red dog car", []],
    ["RED !CAR", "red car red dog", ["red"]],
    ["<2!DOG CAR", "dog red car car", ["car"]],
    ["RED ~3 CAR", "red. car", []],
    ["CAR ; with DOG", "car. dog", []],
    ["CAR ; prompt DOG", "car. dog", ["car"]],
    ["CAR ; no DOG", "car dog. car", ["car"]],
    ["CAR ; noprompt DOG", "car. dog", []],
  ])("%s in %s", (pattern, prompt, expected) => {
    expect(matches(pattern, prompt)).toEqual(expected);
  });

  it.each([
    ["RED CAAR", /"CAAR" is not a concept/],
    ["?RED CAR", /must begin with a concept/],
    ["RED ; whith DOG", /cannot read "whith DOG"/],
    ["RED ~x CAR", /cannot read the pattern's "~x"/],
  ])("refuses %s", (pattern, message) => {
    expect(() => matches(pattern, "red")).toThrow(message);
  });
});

describe("a grammar", () => {
  it("has a version", () => {
    expect(versionOf("version 7\n")).toBe("7");
    expect(() => versionOf("")).toThrow(/must have a line `version/);
  });

  it("flags only known categories with scores up to 1", () => {
    const { concepts } = new Lexicon(parseWords(words, "en"), lexiconConcepts(""));
    expect(() => parseGrammar("flag RUDE 0.5 rude : RED", concepts)).toThrow(/cannot read "flag RUDE/);
    expect(() => parseGrammar("flag HATE 5 rude : RED", concepts)).toThrow(/cannot read "flag HATE 5/);
  });
});

describe("word lists", () => {
  it("says which line it cannot read", () => {
    expect(() => parseWords("red, blue", "en")).toThrow(/words\.en\.txt: cannot read "red, blue"/);
  });

  it("joins the lines that belong together and drops comments", () => {
    expect(parseWords("// colours\nRED: red,\n  scarlet, // deep\n  ruby\n", "en")).toHaveLength(1);
  });
});
