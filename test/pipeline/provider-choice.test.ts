import { describe, expect, it } from "vitest";
import { openOnFirst } from "../../src/pipeline/provider-choice.ts";

const everything = new Set(["tensorrt", "cuda", "webgpu", "cpu"]);

/** A made-up machine on which these providers work; notes what was tried. */
function machine(...working: string[]) {
  const tried: string[] = [];
  const open = async (provider: string) => {
    tried.push(provider);
    if (!working.includes(provider)) throw new Error(`${provider} says no\nand more`);
    return `session on ${provider}`;
  };
  return { tried, open };
}

describe("openOnFirst", () => {
  it("takes the first that works and keeps the reasons of those before, one line each", async () => {
    const { tried, open } = machine("webgpu", "cpu");
    const { opened, outcome } = await openOnFirst(["tensorrt", "cuda", "webgpu", "cpu"], everything, open);
    expect(opened).toBe("session on webgpu");
    expect(outcome).toEqual({
      asked: ["tensorrt", "cuda", "webgpu", "cpu"],
      got: "webgpu",
      passedOver: ["tensorrt: tensorrt says no", "cuda: cuda says no"],
    });
    expect(tried).toEqual(["tensorrt", "cuda", "webgpu"]);
  });

  it("does not try what the build lacks, nor what was not asked for", async () => {
    const { tried, open } = machine("cuda", "cpu");
    const { outcome } = await openOnFirst(["cuda", "cpu"], new Set(["cpu"]), open);
    expect(outcome).toMatchObject({
      got: "cpu",
      passedOver: ["cuda: this build of onnxruntime-node does not have it"],
    });
    expect(tried).toEqual(["cpu"]);
  });

  it("fails with every reason when none works, though another would have", async () => {
    const { tried, open } = machine("cpu");
    await expect(openOnFirst(["tensorrt", "cuda"], everything, open)).rejects.toMatchObject({
      name: "Failed",
      code: "MODEL_UNAVAILABLE",
      message: "no execution provider works: tensorrt: tensorrt says no; cuda: cuda says no",
    });
    expect(tried).toEqual(["tensorrt", "cuda"]);
  });
});
