import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Comparison } from "./compare.ts";
import { compareAll } from "./main.ts";

async function failures(folder: string): Promise<{ lines: number; failed: Comparison[] }> {
  const lines: Comparison[] = [];
  await compareAll(folder, (line) => lines.push(line));
  return { lines: lines.length, failed: lines.filter(({ passed }) => !passed) };
}

describe("golden set A", () => {
  it("is met by every array", async () => {
    const { lines, failed } = await failures("test/goldens/A");
    expect(failed).toEqual([]);
    expect(lines).toBeGreaterThan(70);
  });

  it("notices one changed weight, and fails by what it cannot read without an end to the rest", async () => {
    await using folder = await copyOfSet();
    const file = join(folder.path, "model/transformer/diffusion_pytorch_model-00002-of-00002.safetensors");
    const bytes = await readFile(file);
    // One exponent bit of the last weight.
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    await rm(join(folder.path, "golden/resize.json"));
    await writeFile(join(folder.path, "golden/clip.pooled.npy"), "");
    const { lines, failed } = await failures(folder.path);
    expect(lines).toBeGreaterThan(70);
    const notes = new Map(failed.map(({ name, note }) => [name, note]));
    expect(notes.has("kontext.latents_per_step")).toBe(true);
    expect(notes.get("clip.pooled")).toContain("clip.pooled.npy: is not an .npy file");
    expect(notes.get("resizing")).toContain("resize.json");
  });
});

async function copyOfSet(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "pentimento-tampered-"));
  await cp("test/goldens/A", path, { recursive: true });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
