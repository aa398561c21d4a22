import "../../src/config/no-telemetry.ts";
import { type Comparison, compareArray } from "./compare.ts";
import { GoldenSet } from "./golden-set.ts";
import { type Computed, textArrays, transformerArrays, vaeArrays } from "./networks.ts";
import { numbers } from "./numbers.ts";
import { runArrays } from "./runs.ts";

/**
 * Everything that a golden set can be asked, one comparison each. An expected array that nothing computes fails, and so does
 * a part of the set that cannot be read; the others are compared all the same.
 */
export async function compareAll(folder: string, report: (line: Comparison) => void): Promise<void> {
  await using set = await GoldenSet.open(folder);
  const computed: Computed = new Map();
  const faults: string[] = [];
  for (const compute of [textArrays, transformerArrays, vaeArrays, runArrays]) {
    try {
      for (const [name, actual] of await compute(set)) computed.set(name, actual);
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  for (const entry of set.entries.filter(({ role }) => role === "expected")) {
    const actual = computed.get(entry.name);
    const lines =
      actual === undefined
        ? [failed(entry.name, ["nothing computes it", ...faults].join("; "))]
        : orFailed(entry.name, () => [compareArray(set, entry, actual)]);
    for (const line of lines) report(line);
  }
  for (const [name, compare] of Object.entries(numbers)) {
    for (const line of orFailed(name, () => compare(set))) report(line);
  }
}

function orFailed(name: string, compare: () => Comparison[]): Comparison[] {
  try {
    return compare();
  } catch (error) {
    return [failed(name, messageOf(error))];
  }
}

function failed(name: string, note: string): Comparison {
  return { name, maxAbsError: Number.POSITIVE_INFINITY, tolerance: 0, passed: false, note };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main([folder, ...rest]: readonly string[]): Promise<void> {
  if (folder === undefined || rest.length > 0) {
    console.error(
      "usage: npm run golden -- <folder>\n\n<folder> holds model/ (a diffusers folder) and golden/ (manifest.json and arrays).",
    );
    process.exitCode = 2;
    return;
  }
  let [passed, missed] = [0, 0];
  await compareAll(folder, (line) => {
    if (line.passed) passed += 1;
    else missed += 1;
    const error = line.maxAbsError.toExponential(2).padStart(9);
    const tolerance = line.tolerance.toExponential(2).padStart(9);
    console.log(
      `${line.passed ? "pass" : "FAIL"}  ${line.name.padEnd(38)} max ${error}  tolerance ${tolerance}  ${line.note ?? ""}`.trimEnd(),
    );
  });
  console.log(`${passed} passed, ${missed} failed`);
  if (missed > 0) process.exitCode = 1;
}

if (import.meta.filename === process.argv[1]) await main(process.argv.slice(2));
