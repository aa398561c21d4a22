import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "../src/core/program.ts";

/** Keeps a benchmark's numbers in out/bench/. */
export async function saveResult(name: string, result: unknown): Promise<void> {
  const folder = join(projectFolder, "out", "bench");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  process.stderr.write(`saved as out/bench/${name}.json\n`);
}
