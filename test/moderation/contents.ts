import type { Filter, Finding, ImageContent, PromptContent } from "../../src/moderation/filter.ts";

export const prompt: PromptContent = { stage: "PROMPT", prompt: "make it night", hasSource: true };

/** A grey picture of 32 × 24 pixels. */
export const picture: ImageContent = {
  stage: "OUTPUT",
  image: { width: 32, height: 24, data: new Uint8Array(32 * 24 * 3).fill(90) },
  index: 0,
};

/** A filter that always finds the same, whatever it is shown. */
export function finding(findings: readonly Finding[], name = "made-up", rest: Partial<Filter> = {}): Filter {
  return {
    name,
    version: "1",
    kind: "classifier",
    stages: ["PROMPT", "SOURCE", "OUTPUT"],
    remote: false,
    timeoutMs: 5_000,
    check: async () => findings,
    ...rest,
  };
}
