import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeWhole } from "../../src/core/write-whole.ts";

it("a file for its owner alone is never open to others, whatever a crash has left beside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-whole-"));
  const file = join(folder, "secret");
  await writeWhole(file, "first", 0o600);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(`${file}.partial`, "half", { mode: 0o644 });
  await writeWhole(file, "second", 0o600);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect([await readFile(file, "utf8"), await readdir(folder)]).toEqual(["second", ["secret"]]);
  await rm(folder, { recursive: true });
});
