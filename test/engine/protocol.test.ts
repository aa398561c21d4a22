import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMessage, parseReply } from "../../src/engine/protocol.ts";
import { encodeError } from "../../src/engine/wire-error.ts";

const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
let child: ReturnType<typeof fork>;

beforeAll(() => {
  child = fork(join(import.meta.dirname, "../../src/engine/child/worker.ts"), [], {
    execArgv: ["--import", loader],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
});
afterAll(async () => {
  child.kill("SIGKILL");
  await once(child, "exit");
});

async function answer(message: unknown): Promise<unknown> {
  const reply = once(child, "message");
  child.send(message as object);
  return (await reply)[0];
}

describe("the child", () => {
  it("answers a malformed request and goes on", async () => {
    expect(await answer({ id: 1, name: "dance", body: {} })).toMatchObject({
      id: 1,
      error: { code: "BAD_INPUT", message: /no request is called "dance"/ },
    });
    expect(await answer({ id: 2, name: "step", body: { slots: "all" } })).toMatchObject({
      id: 2,
      error: { message: /step\.slots/ },
    });
    expect(await answer({ id: 3, name: "closeSlot", body: { slot: "x", more: 1 } })).toMatchObject({
      id: 3,
      error: { code: "BAD_INPUT" },
    });
    expect(await answer({ id: 4, name: "step", body: { slots: ["a"] } })).toMatchObject({
      id: 4,
      error: { code: "MODEL_UNAVAILABLE" },
    });
  });

  it("drops what has no id, and answers what comes after", async () => {
    for (const noise of ["hello", { name: "step" }, [1, 2], { id: -1 }]) child.send(noise as object);
    expect(await answer({ id: 9, name: "status", body: {} })).toMatchObject({ id: 9, result: { slots: [] } });
  });

  it("refuses a part that is too large, out of place or not what its digest says", async () => {
    const part = { digest: "0".repeat(64), width: 8, height: 8, channels: 3, offset: 0, part: new Uint8Array(192) };
    expect(await answer({ id: 10, name: "stage", body: { ...part, part: new Uint8Array(5 * 2 ** 20) } })).toMatchObject(
      { error: { message: /stage\.part/ } },
    );
    expect(await answer({ id: 11, name: "stage", body: part })).toMatchObject({ error: { code: "MODEL_UNAVAILABLE" } });
  });
});

describe("messages", () => {
  it("are never thrown at, whatever they are", () => {
    fc.assert(
      fc.property(fc.anything(), (message) => {
        expect(["request", "cancel", "malformed", "noise"]).toContain(parseMessage(message).kind);
        parseReply(message);
      }),
    );
  });

  it("hide an unexpected error's text from the caller and keep its first line apart", () => {
    expect(encodeError(new Error("secret\nstack"))).toMatchObject({
      kind: "failed",
      code: "ENGINE_FAILED",
      message: "the engine could not finish this call",
      detail: "secret",
    });
  });
});
