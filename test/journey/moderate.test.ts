import { describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import type { Category, Verdict } from "../../src/core/moderation.ts";
import {
  despiteApproval,
  type Judgement,
  passed,
  promptContents,
  refusedCategories,
  together,
} from "../../src/journey/moderate.ts";
import { runStage } from "../../src/moderation/gate.ts";
import { Policies } from "../../src/moderation/policies.ts";
import { PromptRules } from "../../src/moderation/prompt/prompt-rules.ts";
import { promptFilter } from "../../src/moderation/prompt-filter.ts";
import { prompt as anyPrompt, finding } from "../moderation/contents.ts";

/** The reader says nothing, and so overrules nothing. */
const filter = promptFilter(PromptRules.load(), { version: "1", read: async () => ({}) });
const { signal } = new AbortController();

/** Rules that are met by the text with the negative prompt. */
async function rulesMet(negativePrompt: string): Promise<(string | undefined)[]> {
  const [, content] = promptContents("make the woman smile", negativePrompt, true);
  return (await filter.check(content!, signal)).map(({ note }) => note);
}

describe("the texts of an edit", () => {
  it("are the prompt, and what the negative prompt makes of it, where a list has its word before every item", () => {
    const asked = { stage: "PROMPT", prompt: "make it night", hasSource: false };
    expect(promptContents("make it night", undefined, false)).toEqual([asked]);
    expect(promptContents("make it night", " ", false)).toEqual([asked]);
    const negative = (prompt: string, itemised: string) => [asked, { ...asked, prompt, itemised }];
    expect(promptContents("make it night", "blurry", false)).toEqual(
      negative("make it night without blurry", "make it night without blurry"),
    );
    expect(promptContents("make it night", "(blurry:1.3), low-quality", false)).toEqual(
      negative(
        "make it night without (blurry:1.3), low-quality",
        "make it night without blurry, without low-quality, without (blurry:1.3), low-quality",
      ),
    );
  });

  it.each([
    "clothes",
    "blurry, low quality, ugly, bad anatomy, clothes",
    ". clothes",
    "blurry|low|quality|dress",
    "blurry; noisy; low quality; clothes",
    "blurry\nlow quality\nbad anatomy\nclothing",
    "blurry\rlow quality\u2028bad anatomy\u2029clothing",
    "blurry.low.quality.bad.anatomy.clothes",
    "blurry，low quality。bad anatomy、clothes",
    "ugly, (clothes:1.3), blurry",
    "blurry, noisy, grainy, cropped, text, 👗",
    "c.l.o.t.h.e.s",
    "c, l, o, t, h, e, s",
  ])("ask for bareness wherever clothes stand in a negative prompt: %j", async (negativePrompt) => {
    expect(await rulesMet(negativePrompt)).toContain("bare-state");
  });

  it.each(["blurry", "blurry, low quality", "text, watermark, logo, signature", "hats, glasses, jewelry", ". , ;"])(
    "meet no rule for a harmless list: %j",
    async (negativePrompt) => expect(await rulesMet(negativePrompt)).toEqual([]),
  );
});

describe("judgements on several contents", () => {
  const told = (category: Category, appealable: boolean, verdict: Verdict = "REFUSE"): Judgement => {
    const score = { category, score: 1, threshold: 0.5 };
    return {
      verdict,
      outcomes: [],
      told: { stage: "SOURCE", verdict, ...score, policyVersion: "1", appealable },
    };
  };
  const nude = told("SEXUAL", true);
  const hate = told("HATE", true);
  const abuse = told("CSAM", false);
  const final = told("OTHER", false);

  const tell = (one: Judgement, other: Judgement, expected: Judgement) => {
    for (const pair of [together(one, other), together(other, one)]) expect(pair.told).toBe(expected.told);
  };

  it("tell the gravest refusal, unless another cannot be appealed", () => {
    tell(passed, nude, nude);
    tell(nude, hate, nude);
    tell(nude, abuse, abuse);
    tell(nude, final, final);
  });

  it("tell the gravest hold, wherever it stands, and a refusal before any", () => {
    const [unsure, suspected] = [told("SEXUAL", false, "REVIEW"), told("CSAM", false, "REVIEW")];
    tell(unsure, suspected, suspected);
    tell(suspected, nude, nude);
  });

  it("leave of what was approved the refusal that cannot be appealed", () => {
    expect(despiteApproval(nude)).toEqual(passed);
    expect(despiteApproval(abuse)).toBe(abuse);
  });
});

describe("what counts against an account", () => {
  it("is what was refused, not what the same filter would only have had looked at", async () => {
    const policy = (await Policies.read()).named("default");
    const mixed = finding([
      { category: "VIOLENCE", score: 0.9 },
      { category: "CSAM", score: 0.45 },
      { category: "NCII", score: 0 },
    ]);
    const { verdict, outcomes } = await runStage([mixed], policy, anyPrompt, 2, wallClock, signal);
    expect(verdict).toBe("REFUSE");
    expect(refusedCategories(outcomes)).toEqual(["VIOLENCE"]);
  });
});
