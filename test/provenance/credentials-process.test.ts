import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { entryPoint, execArgvOf } from "../../src/core/program.ts";
import { CredentialsProcess } from "../../src/provenance/credentials-process.ts";
import { SetClock } from "../support/set-clock.ts";
import { encodePicture } from "./pictures.ts";

describe("the process of the library", () => {
  it("that says nothing is given up with the call it had, and the next call starts another", async () => {
    const { clock, library, file } = await opened();
    const calls = [library.call("read", file), library.call("capture", file)] as const;
    await nextTurn();
    clock.advance(60_000);
    await expect(calls[0]).rejects.toMatchObject({
      name: "Failed",
      retryable: true,
      message: expect.stringContaining("no answer within"),
    });
    expect(await calls[1]).toBeNull();
    expect(await library.call("read", file)).toEqual({ kind: "absent" });
    expect(clock.waiting).toBe(0);
    library.close();
  });

  it("has the whole time for each call, however long that waited", async () => {
    const { clock, library, file } = await opened();
    const calls = Array.from({ length: 3 }, () => library.call("read", file));
    for (const call of calls) {
      await nextTurn();
      clock.advance(14_000);
      expect(await call).toEqual({ kind: "absent" });
    }
    library.close();
  });

  it("has a minute to start and answer its first call, and 15 seconds for each later one", async () => {
    const { clock, library, file } = await opened();
    const first = library.call("read", file);
    await nextTurn();
    clock.advance(59_000);
    expect(await first).toEqual({ kind: "absent" });
    const later = library.call("read", file);
    await nextTurn();
    clock.advance(15_000);
    await expect(later).rejects.toThrow("no answer within 15 s");
    library.close();
  });

  it("that is closed fails the calls it had and takes no more, and one that was never needed closes too", async () => {
    new CredentialsProcess({ anchors: "" }, new SetClock()).close();
    const { library, file } = await opened();
    const calls = [library.call("read", file), library.call("read", file)];
    const outcomes = calls.map((call) => expect(call).rejects.toThrow(/closed/));
    await nextTurn();
    library.close();
    await Promise.all(outcomes);
    await expect(library.call("read", file)).rejects.toThrow(/closed/);
  });

  it("is left at work by a signal to all processes of the server, and ends with its parent's channel", async () => {
    const entry = entryPoint("provenance/credentials-child");
    const child = fork(entry.file, [], { execArgv: execArgvOf(entry), serialization: "advanced" });
    const { file } = await opened();
    const read = async () => {
      child.send({ name: "read", body: file });
      return (await once(child, "message"))[0];
    };
    child.send({ settings: { anchors: "" } });
    expect(await read()).toEqual({ result: { kind: "absent" } });
    for (const signal of ["SIGINT", "SIGTERM"] as const) child.kill(signal);
    expect(await read()).toEqual({ result: { kind: "absent" } });
    child.disconnect();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

async function opened() {
  const clock = new SetClock();
  const library = new CredentialsProcess({ anchors: "" }, clock);
  return { clock, library, file: { bytes: await encodePicture("image/png"), mimeType: "image/png" } as const };
}
