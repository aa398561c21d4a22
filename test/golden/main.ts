import "../../src/config/no-telemetry.ts";
import { type Comparison, compareArray } from "./compare.ts";
import { GoldenSet } from "./golden-set.ts";
import { type Computed, textArrays, transformerArrays, vaeArrays } from "./networks.ts";
import { compareNumbers } from "./numbers.ts";
import { runArrays } from "./runs.ts";

/** Everything that a golden set can be asked, one comparison each; an expected array that nothing computes fails. */
export async function compareAll(folder: string, report: (line: Comparison) => void): Promise<void> {
  await using set = await GoldenSet.open(folder);
  const computed: Computed = new Map();
  for (const compute of [textArrays, transformerArrays, vaeArrays, runArrays]) {
    for (const [name, actual] of await compute(set)) computed.set(name, actual);
  }
  for (const entry of set.entries.filter(({ role }) => role === "expected")) {
    const actual = computed.get(entry.name);
    const missing = {
      name: entry.name,
      maxAbsError: Number.POSITIVE_INFINITY,
      tolerance: 0,
      passed: false,
      note: "nothing computes it",
    };
    report(actual === undefined ? missing : compareArray(set, entry, actual));
  }
  for (const line of compareNumbers(set)) report(line);
}

async function main([folder, ...rest]: readonly string[]): Promise<void> {
  if (folder === undefined || rest.length > 0) {
    console.error(
      "usage: npm run golden -- <folder>\n\n<folder> holds model/ (a diffusers folder) and golden/ (manifest.json and arrays).",
    );
    process.exitCode = 2;
    return;
  }
  let [passed, failed] = [0, 0];
  await compareAll(folder, (line) => {
    if (line.passed) passed += 1;
    else failed += 1;
    const error = line.maxAbsError.toExponential(2).padStart(9);
    const tolerance = line.tolerance.toExponential(2).padStart(9);
    console.log(
      `${line.passed ? "pass" : "FAIL"}  ${line.name.padEnd(38)} max ${error}  tolerance ${tolerance}  ${line.note ?? ""}`.trimEnd(),
    );
  });
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (import.meta.filename === process.argv[1]) await main(process.argv.slice(2));
