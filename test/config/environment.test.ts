import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.ts";

describe("readEnvironment", () => {
  it("has defaults for everything", () => {
    expect(readEnvironment({})).toMatchObject({ providers: ["cpu"], deviceId: 0, threads: 0 });
  });

  it("reads a list of providers in order", () => {
    expect(readEnvironment({ PENTIMENTO_PROVIDERS: "TensorRT, cuda,cpu" }).providers).toEqual([
      "tensorrt",
      "cuda",
      "cpu",
    ]);
  });

  it("lists all faults at once", () => {
    const read = () =>
      readEnvironment({ PENTIMENTO_PROVIDERS: "rocm", PENTIMENTO_DEVICE: "-1", PENTIMENTO_THREADS: "many" });
    expect(read).toThrow(
      expect.objectContaining({
        faults: [
          expect.stringMatching(/^PENTIMENTO_PROVIDERS: .*"rocm"$/),
          expect.stringMatching(/^PENTIMENTO_DEVICE: .*"-1"$/),
          expect.stringMatching(/^PENTIMENTO_THREADS: .*"many"$/),
        ],
      }),
    );
  });
});
