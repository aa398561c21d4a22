import { spawnSync } from "node:child_process";
import { join } from "node:path";

const script = join(import.meta.dirname, "../../scripts/setup.js");

/** Builds the program before the tests, where its sources are newer: `built.ts` has them start its processes. */
export function setup(): void {
  const { status } = spawnSync(process.execPath, [script, "--without-studio"], { stdio: "inherit" });
  if (status !== 0) throw new Error("the program could not be built: see the lines above");
}
