import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { categories, isUnadjustable, unadjustable } from "../../src/core/moderation.ts";
import { type Strike, strikeHours, suspensionDue } from "../../src/moderation/enforcement.ts";
import { Policies } from "../../src/moderation/policies.ts";

const { suspensions } = (await Policies.read()).named("default");
const now = new Date("2026-11-20T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const strikes = (count: number, category: Strike["category"], hours = 1): Strike[] =>
  Array.from({ length: count }, (_, i) => ({ editId: `${category}-${i}`, category, at: hoursAgo(hours) }));

describe("refusals suspend an account", () => {
  it("at three for CSAM or NCII within a day, together", () => {
    const two = [...strikes(1, "CSAM"), ...strikes(1, "NCII", 23)];
    expect(suspensionDue(two, suspensions, now)).toBeUndefined();
    expect(suspensionDue([...two, { editId: "x", category: "CSAM", at: now }], suspensions, now)).toEqual({
      reason: "3 edits refused for CSAM, NCII within 24 hours",
      count: 3,
      windowHours: 24,
    });
  });

  it("at twenty others within a day, by the built-in policy", () => {
    const many = [...strikes(19, "SEXUAL"), ...strikes(2, "CSAM")];
    expect(suspensionDue(many, suspensions, now)).toBeUndefined();
    expect(suspensionDue([...many, ...strikes(1, "HATE")], suspensions, now)?.count).toBe(20);
  });

  it("no more once they are a day old, and not again after a reinstatement", () => {
    expect(suspensionDue(strikes(3, "CSAM", 24), suspensions, now)).toBeUndefined();
    expect(suspensionDue(strikes(3, "CSAM", 23), suspensions, now)).toBeDefined();
    expect(suspensionDue(strikes(3, "CSAM", 23), suspensions, now, hoursAgo(22))).toBeUndefined();
  });

  it("once for an edit, however much of it was refused", () => {
    const one = categories.map((category) => ({ editId: "same", category, at: now }));
    expect(suspensionDue([...one, ...one], [{ count: 2, windowHours: 1 }], now)).toBeUndefined();
  });

  it("by rules of one's own for chosen categories", () => {
    const rules = [{ categories: ["GORE"], count: 2, windowHours: 72 }] as const;
    expect(suspensionDue(strikes(2, "GORE", 70), rules, now)?.reason).toContain("for GORE within 72 hours");
    expect(suspensionDue(strikes(9, "HATE", 70), rules, now)).toBeUndefined();
    expect(strikeHours(rules)).toBe(72);
    expect(strikeHours([{ count: 1, windowHours: 1 }])).toBe(24);
  });

  it("for CSAM and NCII under any rules at all", () => {
    const rule = fc.record({
      count: fc.integer({ min: 1, max: 10_000 }),
      windowHours: fc.double({ min: 0.1, max: 8760, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(rule), fc.constantFrom(...unadjustable), (rules, category) => {
        expect(isUnadjustable(category)).toBe(true);
        expect(suspensionDue(strikes(3, category), rules, now)).toBeDefined();
      }),
    );
  });
});
