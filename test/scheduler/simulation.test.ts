import { describe, expect, it } from "vitest";
import { checkClaims } from "../../sim/claims.ts";
import { endure } from "../../sim/torture.ts";

describe("in simulation", () => {
  it("1,000 random schedules keep every law, and each seed replays", { timeout: 600_000 }, () => {
    const broken: string[] = [];
    for (let seed = 0; seed < 1_000; seed += 1) {
      const { faults, log } = endure(seed);
      if (faults.length > 0) broken.push(`seed ${seed}: ${faults[0]}`);
      if (seed % 10 === 0 && endure(seed).log !== log) broken.push(`seed ${seed}: the second run differs`);
    }
    expect(broken).toEqual([]);
  });

  it("what docs/scheduler.md promises holds", { timeout: 300_000 }, () => {
    const claims = checkClaims({ seeds: 1, edits: 1_000 }, () => {});
    expect(claims).toHaveLength(7);
    expect(claims.filter(({ value, most }) => !(value <= most))).toEqual([]);
  });
});
