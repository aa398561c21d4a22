import { describe, expect, it } from "vitest";
import { projectGuidance, projectSigma, sinusoid } from "../../src/pipeline/timestep.ts";

describe("what the transformer is told in bfloat16", () => {
  // diffusers: guidance.to(bfloat16) * 1000, whose product is rounded too.
  it.each([
    [1.7, 1704],
    [2.5, 2496],
    [3.4, 3408],
    [3.5, 3504],
    [7.5, 7488],
    [7.7, 7680],
  ])("of guidance %d is %d", (guidance, told) => {
    expect(projectGuidance(guidance, "bfloat16")).toEqual(sinusoid(told));
  });

  it("of a noise level is rounded three times", () => {
    expect(projectSigma(0.7595, "bfloat16")).toEqual(sinusoid(760));
  });
});

it("is told guidance and noise as they are in float32", () => {
  expect(projectGuidance(1.7, "float32")).toEqual(sinusoid(1700));
  expect(projectSigma(0.5, "float32")).toEqual(sinusoid(500));
});
