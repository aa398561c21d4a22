import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { firstStep } from "../../src/core/first-step.ts";

describe("firstStep", () => {
  it.each([
    [4, 1, 0],
    [4, 0.75, 1],
    [28, 0.3, 19],
    [3, 0.1, 2],
  ])("of %d steps at strength %d is %d", (steps, strength, first) => {
    expect(firstStep(steps, strength)).toBe(first);
  });

  it.each([-0.1, 1.1, Number.NaN, 0, 1e-17])("refuses strength %d", (strength) => {
    expect(() => firstStep(10, strength)).toThrow(Refused);
  });
});
