import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import { categories, isUnadjustable, unadjustable } from "../../src/core/moderation.ts";
import { runStage } from "../../src/moderation/gate.ts";
import { Policies, parsePolicies } from "../../src/moderation/policies.ts";
import { allowedTolerance, thresholdsOf, unreachable, weigh } from "../../src/moderation/policy.ts";
import { finding, prompt } from "./contents.ts";

const text = await readFile(new URL("../../src/moderation/policies.json", import.meta.url), "utf8");
const builtIn = parsePolicies(text, "p.json").named("default");
const adjustable = categories.filter((category) => !isUnadjustable(category));
type File = ReturnType<typeof file>;

function file() {
  return JSON.parse(text) as {
    policies: { default: { categories: Record<string, { review: unknown; refuse: unknown; appealable: boolean }> } };
  } & Record<string, unknown>;
}

function faultsOf(change: (changed: File) => unknown): readonly string[] {
  const changed = file();
  change(changed);
  try {
    parsePolicies(JSON.stringify(changed), "p.json");
  } catch (error) {
    return (error as { faults: readonly string[] }).faults;
  }
  return [];
}

const threshold = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(null));
const rising = (row: readonly (number | null)[]) => [...row].sort((a, b) => (a ?? unreachable) - (b ?? unreachable));
const categoryPolicy = fc
  .tuple(fc.array(threshold, { minLength: 7, maxLength: 7 }), fc.array(threshold, { minLength: 7, maxLength: 7 }))
  .map(([a, b]) => {
    const [one, other] = [rising(a), rising(b)];
    const pairs = one.map((value, i) => rising([value, other[i]!]));
    return { review: pairs.map(([low]) => low), refuse: pairs.map(([, high]) => high), appealable: true };
  });
/** Any policy that a file may hold. */
const policy = fc
  .record({
    toleranceMax: fc.integer({ min: 0, max: 6 }),
    toleranceMaxWithSource: fc.integer({ min: 0, max: 6 }),
    categories: fc.record(Object.fromEntries(adjustable.map((category) => [category, categoryPolicy]))),
    suspensions: fc.constant([]),
  })
  .map((made) => parsePolicies(JSON.stringify({ ...file(), policies: { default: made } }), "p.json").named("default"));
const anyNumber = fc.oneof(fc.integer({ min: -2, max: 9 }), fc.double(), fc.constantFrom(Number.NaN, Infinity));

describe("CSAM and NCII", () => {
  it("have the same thresholds under every policy, at every tolerance, with and without a source", () => {
    fc.assert(
      fc.property(policy, anyNumber, fc.boolean(), (made, asked, hasSource) => {
        const tolerance = allowedTolerance(made, asked, hasSource);
        for (const category of unadjustable) {
          expect(thresholdsOf(made, category, tolerance)).toEqual({ review: 0.2, refuse: 0.5 });
        }
      }),
    );
  });

  it("are refused whatever is set: no policy or tolerance lets a found one pass", async () => {
    await fc.assert(
      fc.asyncProperty(
        policy,
        anyNumber,
        fc.boolean(),
        fc.constantFrom(...unadjustable),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        async (made, asked, hasSource, category, score) => {
          const filters = [finding([{ category, score }]), finding([], "other")];
          const { signal } = new AbortController();
          const content = { ...prompt, hasSource };
          const { verdict, told } = await runStage(filters, made, content, asked, wallClock, signal);
          expect(verdict).toBe("REFUSE");
          expect(told).toMatchObject({ category, score: 1, threshold: 0.5 });
        },
      ),
    );
  });

  it("cannot be named in a file, anywhere, in any case", () => {
    const row = { review: 0.9, refuse: 0.9, appealable: true };
    for (const name of ["CSAM", "NCII", "csam", " Ncii "]) {
      const fixed = expect.stringContaining("CSAM and NCII is fixed");
      expect(faultsOf((changed) => (changed.policies.default.categories[name] = row))).toContainEqual(fixed);
      expect(faultsOf((changed) => (changed[name] = {}))).toContainEqual(fixed);
      expect(
        faultsOf((changed) =>
          Object.assign(changed.policies.default, { suspensions: [{ count: 9, windowHours: 1, categories: [name] }] }),
        ),
      ).toContainEqual(fixed);
    }
  });
});

describe("a tolerance", () => {
  it("is capped at 2 with a source, at 6 without, and the strictest where it is no number", () => {
    expect([0, 2, 6, 7, Infinity].map((asked) => allowedTolerance(builtIn, asked, true))).toEqual([0, 2, 2, 2, 2]);
    expect([0, 2, 6, 7, 2.9].map((asked) => allowedTolerance(builtIn, asked, false))).toEqual([0, 2, 6, 6, 2]);
    expect([-1, Number.NaN].map((asked) => allowedTolerance(builtIn, asked, false))).toEqual([0, 0]);
  });

  it("never makes a policy stricter when it rises", () => {
    fc.assert(
      fc.property(
        policy,
        fc.constantFrom(...categories),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (made, category, score) => {
          const strictness = [0, 1, 2, 3, 4, 5, 6].map((tolerance) =>
            ["ALLOW", "REVIEW", "REFUSE"].indexOf(weigh(score, thresholdsOf(made, category, tolerance)).verdict),
          );
          expect(strictness).toEqual([...strictness].sort((a, b) => b - a));
        },
      ),
    );
  });
});

describe("a policy file", () => {
  it("has every fault named at once", () => {
    const faults = faultsOf((changed) => {
      const { categories: rows } = changed.policies.default;
      rows.SEXUAL!.review = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
      rows.GORE!.refuse = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
      rows.HATE!.review = [0.5];
      delete rows.OTHER;
      changed.hashListAgeHoursMax = 10_000;
      changed.more = 1;
    });
    for (const part of ["SEXUAL", "GORE: review must not be above refuse", "HATE.review", "OTHER", "hashList", "more"])
      expect(faults.join("\n")).toContain(part);
  });

  it("must hold a default policy, and be JSON", () => {
    expect(faultsOf((changed) => (changed.policies = {} as File["policies"])).join()).toContain('called "default"');
    expect(() => parsePolicies("{", "p.json")).toThrow("p.json: this is no JSON");
  });

  it("is named when it cannot be read", async () => {
    await expect(Policies.read("/nowhere/p.json")).rejects.toThrow("/nowhere/p.json");
  });
});

describe("an account's policy", () => {
  it("is never replaced by another when it does not exist", async () => {
    const policies = await Policies.read();
    expect(policies.named("default").version).toBe(`default@${policies.version}`);
    expect(() => policies.named("lax")).toThrow('"lax" does not exist');
  });
});
