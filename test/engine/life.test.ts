import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { cpu } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
});

describe("an orphaned child", () => {
  it("exits although its thread is inside a run", async () => {
    const parent = spawn(
      process.execPath,
      ["--import", "tsx", join(import.meta.dirname, "../support/busy-parent.ts"), model.folder],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = (await once(createInterface({ input: parent.stdout! }), "line")) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await once(parent, "exit");
    const deadline = performance.now() + 5_000;
    while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    expect(isAlive(pid)).toBe(false);
  });
});

describe("a signal to all processes of the server", () => {
  it("leaves the engine at work until its parent ends it", async () => {
    const engine = new Supervisor();
    await engine.load(model.folder, cpu);
    const pid = engine.health.pid!;
    for (const signal of ["SIGINT", "SIGTERM"]) process.kill(pid, signal);
    await engine.encodePrompt("make it night");
    expect(engine.health).toMatchObject({ state: "up", deaths: 0, pid });
    await engine[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });
});

describe("a child that cannot start", () => {
  it("is refused at once when the model is at fault", async () => {
    await using engine = new Supervisor();
    await expect(engine.load("/nowhere", cpu)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(engine.health.state).toBe("down");
  });

  it("stays down with the reason when a restarted child finds the model gone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-gone-"));
    try {
      const manifest = join(model.folder, "manifest.json");
      const text = await readFile(manifest, "utf8");
      await using engine = new Supervisor();
      await engine.load(model.folder, cpu);
      await rm(manifest);
      process.kill(engine.health.pid!, "SIGKILL");
      await expect(engine.encodePrompt("x")).rejects.toMatchObject({ code: "ENGINE_FAILED" });
      await expect(engine.encodePrompt("x")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      expect(engine.health.state).toBe("down");
      await writeFile(manifest, text);
      await engine.load(model.folder, cpu);
      expect(engine.health.state).toBe("up");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a restarted child", () => {
  it("opens no other model than the one that was asked for, where that was imported anew", async () => {
    const manifest = join(model.folder, "manifest.json");
    const text = await readFile(manifest, "utf8");
    const { digest } = JSON.parse(text);
    await using engine = new Supervisor();
    await engine.load(model.folder, { ...cpu, digest });
    await writeFile(manifest, text.replace(digest, "0".repeat(64)));
    process.kill(engine.health.pid!, "SIGKILL");
    await expect(engine.encodePrompt("x")).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    await expect(engine.encodePrompt("x")).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: expect.stringMatching(/another than the one that is served/),
    });
    await writeFile(manifest, text);
    await engine.load(model.folder, { ...cpu, digest });
    expect(engine.health.state).toBe("up");
  });

  it("says in the log what it runs on, and what was passed over", async () => {
    const lines: string[] = [];
    await using engine = new Supervisor({ log: (line) => void lines.push(line) });
    await engine.load(model.folder, { ...cpu, providers: ["cuda", "cpu"] });
    expect(lines.join("\n")).not.toMatch("passed over");
    expect(engine.health.provider).toBe("cpu");
    process.kill(engine.health.pid!, "SIGKILL");
    await expect(engine.encodePrompt("x")).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    await engine.encodePrompt("x");
    expect(lines.slice(-2)).toEqual([
      `engine ${engine.health.pid} is up: tiny on cpu`,
      expect.stringMatching(/^provider passed over: cuda: /),
    ]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
