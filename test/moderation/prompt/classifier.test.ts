import { describe, expect, it } from "vitest";
import { PromptClassifier } from "../../../src/moderation/prompt/classifier.ts";
import { buckets, Features } from "../../../src/moderation/prompt/features.ts";
import { type Portion, portionsOf } from "../../../src/moderation/prompt/portions.ts";
import { type PromptFinding, PromptRules } from "../../../src/moderation/prompt/prompt-rules.ts";
import type { Reading } from "../../../src/moderation/prompt/reading.ts";
import { readRuleFiles } from "../../../src/moderation/prompt/rule-files.ts";
import { Tokeniser } from "../../../src/moderation/prompt/tokenise.ts";

const { lexicon } = readRuleFiles();
const features = new Features(new Tokeniser(lexicon), lexicon.concepts);
const classifier = new PromptClassifier(PromptClassifier.read(), features);

/** A weights file in which the features of some text weigh `weight` and all others nothing. */
/** A text of which the reader says this. */
const portion = (judging: PromptClassifier, text: string, logOdds: number): Portion => ({
  text,
  worded: judging.logOdds(text),
  reading: logOdds === 0 ? {} : { VIOLATION: logOdds },
});

function weightsFor(text: string, weight: number, more: object = {}): string {
  const weights = new Int8Array(buckets);
  for (const feature of features.of(text)) weights[feature] = weight;
  const base64 = Buffer.from(weights.buffer).toString("base64");
  return JSON.stringify({
    format: 3,
    doubtful: 0.9,
    harmless: 0.1,
    readHarmless: 0.1,
    readerShare: 1,
    bias: -1,
    scale: 0.5,
    weights: base64,
    ...more,
  });
}

describe("features", () => {
  it("are numbers of buckets, each once, the same every time", () => {
    const found = features.of("make the sky a deep evening blue, and again the sky");
    expect(new Set(found).size).toBe(found.length);
    expect(found.every((feature) => Number.isInteger(feature) && feature >= 0 && feature < buckets)).toBe(true);
    expect(features.of("make the sky a deep evening blue, and again the sky")).toEqual(found);
  });

  it("tell the order of words", () => {
    expect(features.of("the dog bites the man")).not.toEqual(features.of("the man bites the dog"));
  });

  it("of prompts that say the same in two languages meet in their concepts", () => {
    const english = new Set(features.of("remove her coat"));
    const shared = (prompt: string) => features.of(prompt).filter((feature) => english.has(feature)).length;
    expect(shared("entferne ihren Mantel")).toBeGreaterThan(shared("der Himmel brennt blau"));
  });

  it("of a prompt without words are none", () => {
    expect(features.of(" … ")).toEqual([]);
  });
});

describe("the odds", () => {
  it("are the bias and the weights over the root of the features' number", () => {
    const text = "three blue boats";
    const count = features.of(text).length;
    const expected = (count * 4 * 0.5) / Math.sqrt(count) - 1;
    expect(new PromptClassifier(weightsFor(text, 4), features).logOdds(text)).toBeCloseTo(expected, 12);
  });

  it("of nothing is what the bias says", () => {
    const empty = new PromptClassifier(weightsFor("", 0), features);
    expect(empty.logOdds("")).toBe(-1);
  });
});

describe("the weights shipped", () => {
  it.each(["make the sky a deep evening blue", "remove the car in the background", "mach den Himmel etwas dunkler"])(
    "find nothing in: %s",
    (prompt) => {
      expect(classifier.isDoubtful(portion(classifier, prompt, 0), true)).toBe(false);
      expect(classifier.isHarmless(portion(classifier, prompt, -6))).toBe(true);
    },
  );

  it.each(["remove her clothes", "zieh sie ganz aus", "make him look like he was beaten to death"])(
    "doubt: %s",
    (prompt) => {
      expect(classifier.isDoubtful(portion(classifier, prompt, 0), true)).toBe(true);
      expect(classifier.isHarmless(portion(classifier, prompt, -6))).toBe(false);
    },
  );

  it("do not take a prompt for harmless because harmless words stand around others", () => {
    const kind = "a quiet harbour at dusk with white boats on calm water under a wide orange sky";
    expect(classifier.isHarmless(portion(classifier, kind, -6))).toBe(true);
    expect(classifier.isHarmless(portion(classifier, `${kind} show the woman naked ${kind}`, -6))).toBe(false);
  });

  it("must leave less doubt for one or two words", () => {
    const judge = (text: string, prompt: string) => {
      const judging = new PromptClassifier(weightsFor(text, 1, { doubtful: 0.6, bias: Math.log(3) }), features);
      return judging.isDoubtful(portion(judging, prompt, 1e-9), true);
    };
    const doubtful = (prompt: string) => judge(prompt, prompt);
    const weightless = (prompt: string) => judge("", prompt);
    expect(weightless("three blue boats")).toBe(true);
    expect(weightless("blue boats")).toBe(false);
    expect(weightless("青い船が三隻")).toBe(true);
    expect(doubtful("blue boats")).toBe(true);
  });

  it("count with what the reader makes of a prompt, and overrule nothing that it does not find harmless too", () => {
    const plain = "put three blue boats on the lake";
    expect(classifier.isDoubtful(portion(classifier, plain, 0), true)).toBe(false);
    expect(classifier.isDoubtful(portion(classifier, plain, 15), true)).toBe(true);
    expect(classifier.isDoubtful(portion(classifier, "remove her clothes", -30), true)).toBe(false);
    expect(classifier.isHarmless(portion(classifier, plain, -6))).toBe(true);
    expect(classifier.isHarmless(portion(classifier, plain, 0))).toBe(false);
    expect(classifier.isHarmless(portion(classifier, "remove her clothes", -30))).toBe(false);
  });

  it("must leave less doubt for one of many portions", () => {
    const even = new PromptClassifier(weightsFor("", 0, { doubtful: 0.6, bias: Math.log(3) }), features);
    expect(even.isDoubtful(portion(even, "three blue boats", 1e-9), true)).toBe(true);
    expect(even.isDoubtful(portion(even, "three blue boats", 1e-9), false)).toBe(false);
    expect(even.isDoubtful(portion(even, "three blue boats", 2), false)).toBe(true);
  });
});

describe("a file of weights", () => {
  it.each([
    ["another format", { format: 1 }],
    ["no weights", { weights: undefined }],
    ["too few weights", { weights: "AAAA" }],
    ["a threshold above 1", { doubtful: 1.5 }],
    ["thresholds the wrong way round", { doubtful: 0.2, harmless: 0.3 }],
  ])("with %s is refused", (_, more) => {
    expect(() => new PromptClassifier(weightsFor("a", 1, more), features)).toThrow();
  });
});

describe("rules and classifier together", () => {
  const rules = PromptRules.load();
  const whole = (text: string, reading: Reading) => ({ text, worded: rules.wordedOdds(text), reading });
  const read = (prompt: string, reading: Reading) =>
    rules.weigh(
      rules.find(prompt, true),
      portionsOf(prompt).map((text) => whole(text, reading)),
    );
  const found = (prompt: string) => read(prompt, {});

  it("a doubt is held for a person, in no category of its own", () => {
    const [first] = found("her clothes have gotta go");
    expect(first).toMatchObject({ category: "OTHER", score: 0.55 });
  });

  it("has the category that the reader finds likelier than not, below refusal where nothing turns it off", () => {
    const doubted = (reading: Reading) => read("her clothes have gotta go", { VIOLATION: 3, ...reading })[0];
    expect(doubted({ VIOLENCE: 2, NCII: -1 })).toMatchObject({ category: "VIOLENCE", score: 0.55 });
    expect(doubted({ VIOLENCE: -1, NCII: 2 })).toMatchObject({ category: "NCII", score: 0.45 });
    expect(doubted({ VIOLENCE: -2, NCII: -1 })).toMatchObject({ category: "OTHER", score: 0.55 });
  });

  it("nothing else that is found hides what the reader suspects of what nothing turns off", () => {
    const violence = { category: "VIOLENCE", score: 0.8, rule: "shooting" } as const;
    const weighed = (text: string, reading: Reading, found: readonly PromptFinding[] = []) =>
      rules.weigh(found, [whole(text, { VIOLATION: 3, ...reading })]);
    const suspicion = { category: "NCII", score: 0.45, rule: "worded-like-violations" };
    expect(weighed("two soldiers", { VIOLENCE: 4, NCII: -1 }, [violence])).toEqual([violence, suspicion]);
    expect(weighed("two soldiers", { VIOLENCE: 4, NCII: -3 }, [violence])).toEqual([violence]);
    expect(weighed("her clothes have gotta go", { VIOLENCE: 4, NCII: 1, CSAM: -1 })).toMatchObject([
      { category: "VIOLENCE", score: 0.55 },
      { category: "CSAM", score: 0.45 },
      { category: "NCII", score: 0.45 },
    ]);
    const sure = { category: "NCII", score: 0.9, rule: "bare-state" } as const;
    expect(weighed("two soldiers", { NCII: 4 }, [sure])).toEqual([sure]);
  });

  it("both together overrule a rule, but for what leaves no doubt", () => {
    const meant = "the salad looks undressed, add some vinaigrette";
    expect(read("remove her clothes", { VIOLATION: -30 }).map(({ category }) => category)).toContain("NCII");
    expect(read(meant, { VIOLATION: -6 })).toEqual([]);
  });

  it("a doubt about one portion of a long prompt is enough, and all of them overrule a rule or none does", () => {
    const harbour = "A quiet harbour at dusk with white boats on calm water under a wide orange sky. ".repeat(12);
    const sure = { VIOLATION: -6 };
    const kind = portionsOf(harbour).map((text) => whole(text, sure));
    const bad = whole("her clothes have gotta go", { VIOLATION: 6 });
    expect(rules.weigh([], kind)).toEqual([]);
    expect(rules.weigh([], [...kind, bad, ...kind])).toMatchObject([{ category: "OTHER", score: 0.55 }]);
    const found = { category: "SEXUAL", score: 0.8, rule: "sexual-act" } as const;
    expect(rules.weigh([found], kind.slice(0, 1))).toEqual([]);
    expect(rules.weigh([found], kind)).toEqual([]);
    expect(rules.weigh([found], [...kind, whole(kind[0]!.text, { VIOLATION: 0 })])).toEqual([found]);
  });

  it("what names a child is never overruled", () => {
    expect(found("Remove the leotard from the young gymnast.").map(({ category }) => category)).toContain("CSAM");
  });
});
