import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

const program = join(import.meta.dirname, "../../bin/pentimento.js");
const photo = join(import.meta.dirname, "../../samples/chelsea.png");
let model: TinyModel;
let folder: string;

beforeAll(async () => {
  model = await tinyModel();
  folder = await mkdtemp(join(tmpdir(), "pentimento-cli-"));
  await writeFile(join(folder, "text.png"), "I am a text");
  await writeFile(join(folder, "empty.png"), "");
  await mkdir(join(folder, "folder.png"));
  await sharp({ create: { width: 1, height: 20_000, channels: 3, background: "#123456" } })
    .png()
    .toFile(join(folder, "thin.png"));
  await sharp({ create: { width: 451, height: 300, channels: 3, background: "#000000" } })
    .composite([
      { input: { create: { width: 100, height: 100, channels: 3, background: "#ffffff" } }, left: 200, top: 100 },
    ])
    .png()
    .toFile(join(folder, "mask.png"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await model[Symbol.asyncDispose]();
});

function environment() {
  return { ...process.env, PENTIMENTO_MODELS: model.modelsFolder };
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env: environment(),
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("pentimento edit", () => {
  /** A model that is looked for after the output. */
  const unopened = ["--model", "nope"];

  it("writes the picture at the source's size and says seed and bucket; a seed gives the same picture", async () => {
    const first = run("edit", photo, "make it night", "-o", "a.png", "--seed", "5");
    expect(first).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/451 × 300.*\nseed 5, bucket 80 × 48, 4 steps/s),
    });
    expect(first.stderr).toMatch(/step 4\/4/);
    const again = run("edit", photo, "make it night", "-o", "b.png", "--seed", "5", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      width: 451,
      height: 300,
      bucket: { width: 80, height: 48 },
      seed: 5,
      provider: "cpu",
    });
    expect(Buffer.compare(await readFile(join(folder, "a.png")), await readFile(join(folder, "b.png")))).toBe(0);
  });

  it("takes aspect ratio, size, true CFG and other formats", async () => {
    const { status, stdout } = run(
      "edit",
      photo,
      "sepia",
      "-o",
      "c.webp",
      "--aspect",
      "1:1",
      "--steps",
      "2",
      "--negative",
      "blur",
      "--true-cfg",
      "2",
      "--json",
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ width: 64, height: 64, steps: 2 });
    expect((await sharp(join(folder, "c.webp")).metadata()).format).toBe("webp");
  });

  it("keeps every pixel that a mask keeps", async () => {
    expect(run("edit", photo, "a hat", "-o", "d.png", "--mask", "mask.png", "--strength", "0.8").status).toBe(0);
    const [before, after] = await Promise.all(
      [photo, join(folder, "d.png")].map((file) => sharp(file).removeAlpha().raw().toBuffer()),
    );
    const at = (pixels: Buffer, x: number, y: number) => [...pixels.subarray((y * 451 + x) * 3, (y * 451 + x) * 3 + 3)];
    for (const [x, y] of [
      [0, 0],
      [199, 150],
      [450, 299],
      [250, 99],
    ] as const)
      expect(at(after!, x, y)).toEqual(at(before!, x, y));
    expect(at(after!, 250, 150)).not.toEqual(at(before!, 250, 150));
  });

  it.each([
    ["a file that is not there", ["nope.png", "x"], /nope\.png: no such file/],
    ["a text file", ["text.png", "x"], /no JPEG, PNG or WebP/],
    ["an empty file", ["empty.png", "x"], /empty \(0 bytes\)/],
    ["1 × 20000 pixels", ["thin.png", "x"], /1 × 20000 pixels; a side may have at most 8192/],
    ["an empty prompt", [photo, " "], /prompt is empty/],
    ["a prompt of 100,000 characters", [photo, "x".repeat(100_000)], /100000 characters; at most 10000/],
    ["no steps", [photo, "x", "--steps", "0"], /--steps 0: a whole number from 1 to 1000/],
    ["a seed that is none", [photo, "x", "--seed", "1.5"], /--seed 1\.5/],
    ["an unknown format", [photo, "x", "-o", "x.gif"], /\.png, \.jpg, \.webp or \.avif/],
    ["an unknown model", [photo, "x", "-m", "nope"], /no model is called "nope"; there is tiny/],
    ["half of true CFG", [photo, "x", "--true-cfg", "2"], /go together/],
    ["a bad aspect", [photo, "x", "--aspect", "wide"], /"wide" must be two positive numbers/],
    ["a folder to be edited", [".", "x"], /\.: is a folder, not a file/],
    [
      "a folder that is not there",
      [photo, "x", "-o", "no/a.png", ...unopened],
      /no\/a\.png.* \(there is no folder no\)/,
    ],
    ["a file as a folder", [photo, "x", "-o", "text.png/a.png", ...unopened], /there is no folder text\.png/],
    [
      "a folder in the result's place",
      [photo, "x", "-o", "folder.png", ...unopened],
      /cannot be written \(it is a folder\)/,
    ],
    ["an unknown option", [photo, "x", "--stepz", "3"], /unknown option '--stepz'/],
  ])("answers %s with one clear line and exit code 2", async (_, args, message) => {
    const before = await readdir(folder);
    const { status, stdout, stderr } = run("edit", ...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\bat .*\.ts:|node:internal/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(await readdir(folder)).toEqual(before);
  });

  it("is cancelled by Ctrl-C between two steps, leaving nothing", async () => {
    const child = spawn(process.execPath, [program, "edit", photo, "x", "-o", "never.png", "--steps", "1000"], {
      cwd: folder,
      env: environment(),
    });
    let stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      if (stderr === "" && text.includes("step")) child.kill("SIGINT");
      stderr += text;
    });
    const [code] = await once(child, "exit");
    expect(stderr).toMatch(/error: cancelled/);
    expect(code).toBe(130);
    expect((await readdir(folder)).filter((name) => name.startsWith("never"))).toEqual([]);
  });
});

describe("pentimento model", () => {
  it("imports, lists, describes and verifies", async () => {
    expect(run("model", "import", model.source, "--name", "again")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^imported again \(float32/),
    });
    expect(run("model", "list").stdout).toMatch(/^name .*\nagain .*\ntiny /);
    expect(run("model", "info", "again").stdout).toMatch(/64 × 64 +16 tokens/);
    expect(JSON.parse(run("model", "info", "again", "--json", "--open").stdout)).toMatchObject({
      name: "again",
      outcomes: { transformer: { got: "cpu", passedOver: [] } },
    });
    expect(run("model", "verify", "again").stdout).toMatch(/all 5 files are as imported/);
    await rm(join(model.modelsFolder, "again"), { recursive: true });
  });

  it("makes the graphs of a model anew that came without them", async () => {
    await rm(join(model.folder, "graphs"), { recursive: true });
    const { status, stderr } = run("edit", photo, "sepia", "-o", "e.png", "--steps", "1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/preparing the model tiny/) });
    expect(run("edit", photo, "sepia", "-o", "e.png", "--steps", "1").stderr).not.toMatch(/preparing/);
  });

  it("says what it asked for, what it got and why", () => {
    const { stdout } = spawnSync(process.execPath, [program, "model", "info", "tiny", "--open"], {
      env: { ...environment(), PENTIMENTO_PROVIDERS: "tensorrt,cpu" },
      encoding: "utf8",
    });
    expect(stdout).toMatch(/transformer +cpu +tensorrt: \S+/);
  });

  it("lists all faults of a folder that is no checkpoint", () => {
    const { status, stderr } = run("model", "import", folder);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /transformer\/: missing.*\n.*text_encoder\/: missing\n.*text_encoder_2\/: missing\n.*vae\/: missing/,
    );
  });
});
