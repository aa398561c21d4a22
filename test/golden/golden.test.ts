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

  it("notices one changed weight", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-tampered-"));
    try {
      await cp("test/goldens/A", folder, { recursive: true });
      const file = join(folder, "model/transformer/diffusion_pytorch_model-00002-of-00002.safetensors");
      const bytes = await readFile(file);
      // One exponent bit of the last weight.
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(file, bytes);
      const names = (await failures(folder)).failed.map(({ name }) => name);
      expect(names).toContain("kontext.latents_per_step");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
