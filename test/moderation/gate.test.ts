import { describe, expect, it } from "vitest";
import { type Clock, wallClock } from "../../src/core/clock.ts";
import { Failed } from "../../src/core/errors.ts";
import type { Content, Filter } from "../../src/moderation/filter.ts";
import { runStage } from "../../src/moderation/gate.ts";
import { filtersFor } from "../../src/moderation/manual-review.ts";
import { Policies } from "../../src/moderation/policies.ts";
import { finding, picture, prompt } from "./contents.ts";

const policy = (await Policies.read()).named("default");
const never = () => new Promise<never>(() => {});

function run(filters: readonly Filter[], content: Content = prompt, clock: Clock = wallClock, tolerance = 2) {
  return runStage(filters, policy, content, tolerance, clock, new AbortController().signal);
}

/** Every wait is over at once. */
const hurried: Clock = {
  ...wallClock,
  after: (_ms, callback) => {
    queueMicrotask(callback);
    return () => {};
  },
};

describe("a stage", () => {
  it("allows what no filter minds, and says nothing of it", async () => {
    const result = await run([finding([]), finding([{ category: "SEXUAL", score: 0.1 }], "second")]);
    expect(result).toMatchObject({ verdict: "ALLOW", outcomes: [{ verdict: "ALLOW" }, { verdict: "ALLOW" }] });
    expect(result).not.toHaveProperty("told");
  });

  it("takes the strictest verdict and records every filter", async () => {
    const { verdict, outcomes } = await run([
      finding([{ category: "GORE", score: 0.55, note: "rule 7" }], "a"),
      finding([{ category: "HATE", score: 0.9 }], "b"),
      finding([], "c"),
    ]);
    expect(verdict).toBe("REFUSE");
    expect(outcomes.map(({ filter, verdict, categories }) => ({ filter, verdict, categories }))).toEqual([
      {
        filter: "a",
        verdict: "REVIEW",
        categories: [{ category: "GORE", score: 0.55, threshold: 0.5, verdict: "REVIEW", note: "rule 7" }],
      },
      {
        filter: "b",
        verdict: "REFUSE",
        categories: [{ category: "HATE", score: 0.9, threshold: 0.7, verdict: "REFUSE" }],
      },
      { filter: "c", verdict: "ALLOW", categories: [] },
    ]);
    expect(outcomes[0]).toMatchObject({ stage: "PROMPT", index: 0, policyVersion: policy.version, filterVersion: "1" });
  });

  it("asks only the filters of its stage", async () => {
    const { outcomes } = await run([finding([], "a", { stages: ["OUTPUT"] }), finding([], "b")]);
    expect(outcomes.map(({ filter }) => filter)).toEqual(["b"]);
  });

  it("asks hash lists first, and shows nobody outside what they know", async () => {
    const asked: string[] = [];
    const noting = (name: string, rest: Partial<Filter>) => ({
      ...finding([], name, rest),
      check: async () => {
        asked.push(name);
        return name === "list" ? [{ category: "CSAM" as const, score: 1 }] : [];
      },
    });
    const filters = [noting("far", { remote: true }), noting("near", {}), noting("list", { kind: "hash-list" })];
    const { outcomes } = await run(filters, picture);
    expect(asked).toEqual(["list", "near"]);
    expect(outcomes.find(({ filter }) => filter === "far")).toMatchObject({ verdict: "REVIEW", trouble: /not asked/ });
  });

  it("shows nobody outside what a hash list could not look up", async () => {
    const list = { ...finding([], "list", { kind: "hash-list" }), check: () => Promise.reject(new Error("no hash")) };
    const far = finding([], "far", { remote: true, check: () => expect.unreachable() });
    const { verdict, outcomes } = await run([far, list], picture);
    expect(verdict).toBe("REVIEW");
    expect(outcomes.map(({ filter, trouble }) => [filter, trouble])).toEqual([
      ["list", "unexpected Error"],
      ["far", expect.stringMatching(/^not asked/)],
    ]);
  });

  it("shows nobody outside what a list does not find of which something is missing; one that is only old keeps nothing back", async () => {
    const asked = async (rest: Partial<Filter>) => {
      const { outcomes } = await run([finding([], "far", { remote: true }), finding([], "list", rest)], picture);
      return outcomes.find(({ filter }) => filter === "far")!.trouble === undefined;
    };
    const hold = () => "not relied on";
    expect(await asked({ kind: "hash-list", hold, isComplete: () => false })).toBe(false);
    expect(await asked({ kind: "hash-list", hold, isComplete: () => true })).toBe(true);
  });

  it("caps the tolerance with a source", async () => {
    const filters = [finding([{ category: "SEXUAL", score: 0.75 }])];
    const tolerant = (hasSource?: boolean) =>
      run(filters, hasSource === undefined ? picture : { ...picture, hasSource }, wallClock, 6);
    expect((await tolerant(false)).verdict).toBe("ALLOW");
    expect((await tolerant(true)).verdict).toBe("REFUSE");
    expect((await tolerant()).verdict).toBe("REFUSE");
  });
});

describe("a filter that cannot judge", () => {
  const broken: Record<string, Filter["check"]> = {
    "never answers": never,
    throws: () => {
      throw new Error("the prompt was: secret");
    },
    rejects: async () => {
      throw new Failed("INTERNAL", "the list is unreadable", { retryable: false });
    },
    "answers nothing": async () => undefined as never,
    "answers a text": async () => "ALLOW" as never,
    "scores above 1": async () => [{ category: "GORE", score: 1.5 }],
    "scores no number": async () => [{ category: "GORE", score: Number.NaN }],
    "makes a category up": async () => [{ category: "FINE" as never, score: 0 }],
  };

  it.each(Object.entries(broken))("holds the content when it %s", async (_, check) => {
    const filters = [finding([], "sound"), { ...finding([], "broken"), check }];
    for (const content of [prompt, picture, { ...picture, stage: "SOURCE" as const }]) {
      const { verdict, outcomes, told } = await run(filters, content, check === never ? hurried : wallClock);
      expect(verdict).toBe("REVIEW");
      expect(outcomes[1]).toMatchObject({ verdict: "REVIEW", trouble: expect.any(String) });
      expect(outcomes[1]!.trouble).not.toContain("secret");
      expect(told).toEqual({
        stage: content.stage,
        verdict: "REVIEW",
        category: "OTHER",
        score: 0,
        threshold: 0,
        policyVersion: policy.version,
        appealable: false,
      });
    }
  });

  it("does not soften what another refuses", async () => {
    const filters = [finding([{ category: "HATE", score: 1 }]), { ...finding([], "b"), check: broken.throws! }];
    expect(await run(filters)).toMatchObject({ verdict: "REFUSE", told: { category: "HATE" } });
  });

  it("still refuses what it knows when it asks for a person", async () => {
    const stale = finding([{ category: "NCII", score: 1 }], "list", { kind: "hash-list", hold: () => "too old" });
    expect(await run([stale])).toMatchObject({ verdict: "REFUSE", outcomes: [{ trouble: "too old" }] });
    expect(await run([{ ...stale, check: async () => [] }])).toMatchObject({ verdict: "REVIEW" });
  });

  it("is told to stop when its time is over", async () => {
    let stopped = false;
    const check: Filter["check"] = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          stopped = true;
          reject(signal.reason);
        }),
      );
    await run([{ ...finding([]), check }], prompt, hurried);
    expect(stopped).toBe(true);
  });
});

describe("a cancelled edit", () => {
  it("has no verdict", async () => {
    const controller = new AbortController();
    const result = runStage([finding([], "a", { check: never })], policy, prompt, 2, wallClock, controller.signal);
    controller.abort();
    await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("what an account is told", () => {
  it("names the gravest category, rounds its score up and names no filter or rule", async () => {
    const { told } = await run([
      finding([
        { category: "HATE", score: 0.95, note: "secret rule" },
        { category: "SEXUAL", score: 0.712 },
        { category: "CSAM", score: 0.3 },
      ]),
    ]);
    expect(told).toEqual({
      stage: "PROMPT",
      verdict: "REFUSE",
      category: "SEXUAL",
      score: 0.8,
      threshold: 0.7,
      policyVersion: policy.version,
      appealable: true,
    });
  });

  it("is what may not be appealed before what is graver", async () => {
    const { HATE, ...others } = policy.categories;
    const strict = { ...policy, categories: { ...others, HATE: { ...HATE, appealable: false } } };
    const told = async (hate: number) => {
      const both = finding([
        { category: "SEXUAL", score: 1 },
        { category: "HATE", score: hate },
      ]);
      return (await runStage([both], strict, prompt, 2, wallClock, new AbortController().signal)).told;
    };
    expect(await told(1)).toMatchObject({ category: "HATE", appealable: false });
    expect(await told(0.55)).toMatchObject({ category: "SEXUAL", appealable: true });
  });

  it("does not let a known picture be told from a judged one", async () => {
    const told = async (score: number) => (await run([finding([{ category: "CSAM", score }])])).told;
    expect(await told(1)).toEqual(await told(0.51));
    expect(await told(1)).toMatchObject({ appealable: false });
  });
});

describe("a model whose licence demands a filter", () => {
  const list = finding([], "list", { kind: "hash-list" });
  const forPrompts = finding([], "far", { stages: ["PROMPT"] });

  it("has its outputs held while nothing judges new pictures", async () => {
    const filters = filtersFor([list, forPrompts], "required");
    expect(await run(filters, picture)).toMatchObject({ verdict: "REVIEW", told: { appealable: false } });
    expect(await run(filters, { ...picture, stage: "SOURCE" })).toMatchObject({ verdict: "ALLOW" });
    expect(await run(filters)).toMatchObject({ verdict: "ALLOW" });
  });

  it("needs no person once a classifier is there, nor does a model without that duty", async () => {
    expect(await run(filtersFor([list, finding([])], "required"), picture)).toMatchObject({ verdict: "ALLOW" });
    expect(await run(filtersFor([list], "none"), picture)).toMatchObject({ verdict: "ALLOW" });
  });
});
