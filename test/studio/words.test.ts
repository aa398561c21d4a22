import { describe, expect, it } from "vitest";
import type { ProgressPartsFragment, VerdictPartsFragment } from "../../schema/generated/graphql.ts";
import { advance, nothingKnown } from "../../src/studio/edit/progress.ts";
import { progressWords } from "../../src/studio/edit/progress-words.ts";
import { verdictWords } from "../../src/studio/words.ts";

describe("the words for a verdict", () => {
  const words = (category: "OTHER" | "GORE", verdict: "REVIEW" | "REFUSE", score: number) =>
    verdictWords({ stage: "PROMPT", verdict, category, score, threshold: 0.6 } as VerdictPartsFragment);

  it("name a person only where no filter has found anything", () => {
    expect(words("OTHER", "REFUSE", 0)).toBe("The sentence was refused by a person.");
    expect(words("OTHER", "REVIEW", 0)).toBe("The sentence must be looked at by a person.");
    expect(words("OTHER", "REFUSE", 0.7)).toBe(
      "The sentence was taken for something that the policy does not allow (score 0.7; the policy acts from 0.6).",
    );
    expect(words("OTHER", "REVIEW", 0.7)).toMatch(/^The sentence may show something that the policy does not allow/);
    expect(words("GORE", "REFUSE", 0.9)).toMatch(/^The sentence was taken for gore/);
  });
});

describe("the words for where an edit stands", () => {
  const at = "2026-11-29T12:00:00.000Z";
  const cameAt = Date.parse(at) + 90_000;
  const hear = (event: object) =>
    advance(nothingKnown, { event: { at, etaMs: 5000, ...event } as ProgressPartsFragment, cameAt });
  const queued = (position: number) => hear({ __typename: "QueuedEvent", status: "QUEUED", position });

  it.each([
    [1, 1, "Next"],
    [2, 1, "1 picture is before it"],
    [3, 1, "2 pictures are before it"],
    [4, 4, "Next"],
    [5, 4, "1 picture is before it"],
    [6, 4, "2 pictures are before it"],
    [2, 4, "Next"],
    [0, 4, "Waiting"],
  ])("count those of others alone: its last is number %i, of %i", (position, count, words) => {
    expect(progressWords({ status: "QUEUED", count }, queued(position))).toBe(words);
  });

  it("take the moment that the result is expected at from when that was said", () => {
    expect(queued(1).expectedAt).toBe(Date.parse(at) + 5000);
  });

  it("take it from when a step came, though the server's clock be another", () => {
    expect(hear({ __typename: "StepEvent", status: "RUNNING", step: 1 }).expectedAt).toBe(cameAt + 5000);
  });
});
