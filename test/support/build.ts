import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const script = join(import.meta.dirname, "../../scripts/setup.js");

/**
 * Builds the program before the tests, where its sources are newer: `built.ts` has them start its processes. Temporary
 * folders of all tests lie in one, which goes with what they leave.
 */
export function setup(): () => void {
  const { status } = spawnSync(process.execPath, [script, "--without-studio"], { stdio: "inherit" });
  if (status !== 0) throw new Error("the program could not be built: see the lines above");
  const folder = mkdtempSync(join(tmpdir(), "pentimento-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
