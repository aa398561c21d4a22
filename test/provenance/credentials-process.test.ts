import { describe, expect, it } from "vitest";
import { CredentialsProcess } from "../../src/provenance/credentials-process.ts";
import { SetClock } from "../support/set-clock.ts";
import { encodePicture } from "./pictures.ts";

describe("the process of the library", () => {
  it("that says nothing is given up with all its calls, and the next call starts another", async () => {
    const clock = new SetClock();
    const library = new CredentialsProcess({ anchors: "" }, clock);
    const file = { bytes: await encodePicture("image/png"), mimeType: "image/png" } as const;
    const calls = [library.call("read", file), library.call("capture", file)];
    clock.advance(60_000);
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({
        name: "Failed",
        retryable: true,
        message: expect.stringContaining("no answer within"),
      });
    }
    expect(await library.call("read", file)).toEqual({ kind: "absent" });
    expect(clock.waiting).toBe(0);
    library.close();
  });

  it("that is closed fails the calls it had, and one that was never needed closes too", async () => {
    const library = new CredentialsProcess({ anchors: "" }, new SetClock());
    library.close();
    const call = library.call("read", { bytes: new Uint8Array(4), mimeType: "image/png" });
    const outcome = expect(call).rejects.toThrow(/closed/);
    library.close();
    await outcome;
  });
});
