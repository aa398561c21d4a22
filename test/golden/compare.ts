import type { GoldenEntry, GoldenSet } from "./golden-set.ts";

/** One line of the report. */
export interface Comparison {
  readonly name: string;
  readonly maxAbsError: number;
  readonly tolerance: number;
  readonly passed: boolean;
  readonly note?: string;
}

export type Actual = ArrayLike<number>;

/** Compares with a golden array; bytes may differ by one level in the stated share of values. */
export function compareArray(set: GoldenSet, entry: GoldenEntry, actual: Actual): Comparison {
  const expected = set.array(entry.name);
  const tolerance = entry.tolerance ?? 0;
  const wanted = expected.data as ArrayLike<number>;
  if (wanted.length !== actual.length) {
    return {
      name: entry.name,
      maxAbsError: Number.POSITIVE_INFINITY,
      tolerance,
      passed: false,
      note: `${actual.length} values for ${wanted.length}`,
    };
  }
  const { maxAbsError, differing } = differences(actual, wanted);
  const share = differing / wanted.length;
  const shareMax = expected.dtype === "uint8" ? (entry.max_fraction_off_by_one ?? 0) : 1;
  return {
    name: entry.name,
    maxAbsError,
    tolerance,
    passed: maxAbsError <= tolerance && share <= shareMax,
    ...(expected.dtype === "uint8" ? { note: `${differing} of ${wanted.length} bytes differ` } : {}),
  };
}

/** Compares a list of cases that must agree within `tolerance` (0: exactly). */
export function compareCases(
  name: string,
  tolerance: number,
  cases: Iterable<{ actual: Actual; expected: Actual }>,
): Comparison {
  let [worst, count] = [0, 0];
  for (const { actual, expected } of cases) {
    count += 1;
    worst = Math.max(
      worst,
      actual.length === expected.length ? differences(actual, expected).maxAbsError : Number.POSITIVE_INFINITY,
    );
  }
  return { name, maxAbsError: worst, tolerance, passed: count > 0 && worst <= tolerance, note: `${count} cases` };
}

function differences(actual: Actual, expected: Actual): { maxAbsError: number; differing: number } {
  let [maxAbsError, differing] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    const error = Math.abs(Number(actual[i]) - Number(expected[i]));
    if (error !== 0) differing += 1;
    if (!(error <= maxAbsError)) maxAbsError = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return { maxAbsError, differing };
}
