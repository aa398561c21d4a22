import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "bench/main.ts", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("npm run bench", () => {
  it("gpu makes, imports and measures a transformer of the size asked for, and says what it ran on", async () => {
    const sizes = [
      "--heads",
      "2",
      "--head-dim",
      "16",
      "--double",
      "1",
      "--single",
      "1",
      "--text",
      "8",
      "--sizes",
      "64",
      "--batch",
      "1,2",
      "--steps",
      "1",
    ];
    const { status, stdout } = bench("gpu", ...sizes, "--providers", "cpu");
    expect(status).toBe(0);
    expect(stdout).toMatch(/runs on cpu: .* parameters/);
    const saved = JSON.parse(await readFile(join(root, "out/bench/gpu.json"), "utf8"));
    expect(saved).toMatchObject({
      got: "cpu",
      asked: ["cpu"],
      steps: [
        { side: 64, batch: 1 },
        { side: 64, batch: 2 },
      ],
    });
  });

  it("lists the benchmarks when no name is given", () => {
    expect(bench()).toMatchObject({ status: 0, stdout: expect.stringMatching(/engine[\s\S]*gpu/) });
  });

  it("refuses a benchmark or an option that it does not know", () => {
    expect(bench("cpu")).toMatchObject({ status: 2, stderr: expect.stringMatching(/unknown command 'cpu'/) });
    expect(bench("gpu", "--providers", "rocm")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--providers rocm/),
    });
    expect(bench("gpu", "--warp", "9")).toMatchObject({ status: 2, stderr: expect.stringMatching(/--warp/) });
  });
});
