import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/core/errors.ts";
import { parseSchedulerConfig } from "../../src/model/scheduler-config.ts";
import { sigmas } from "../../src/pipeline/sigmas.ts";
import { readNpyAs } from "../golden/npy.ts";

const goldenFolder = "test/goldens/A/golden";
const json = JSON.parse(readFileSync("test/goldens/A/model/scheduler/scheduler_config.json", "utf8"));
const config = parseSchedulerConfig(json);
const schedules: { image_seq_len: number; steps: number; sigmas: number[] }[] = JSON.parse(
  readFileSync(`${goldenFolder}/schedules.json`, "utf8"),
);
const worst = (got: Float32Array, expected: ArrayLike<number>) => {
  expect(got).toHaveLength(expected.length);
  return Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)));
};
const refusal = (act: () => unknown): Refused => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error("was not refused");
};

describe("sigmas", () => {
  it.each(schedules)("are the reference's for $image_seq_len tokens and $steps steps", (row) => {
    expect(worst(sigmas(row.image_seq_len, row.steps, config), row.sigmas)).toBeLessThanOrEqual(5e-7);
  });

  it("are those of the end-to-end runs", () => {
    for (const [run, steps] of [
      ["kontext", 4],
      ["inpaint", 4],
      ["inpaint_crop", 3],
    ] as const) {
      expect(
        worst(sigmas(12, steps, config), readNpyAs(`${goldenFolder}/${run}.sigmas.npy`, "float32").data),
      ).toBeLessThan(1e-6);
    }
  });

  it("fall strictly from 1 to 0 under every spacing", () => {
    const spacing = fc.oneof(
      fc.record({ use_dynamic_shifting: fc.constant(true), time_shift_type: fc.constantFrom("linear", "exponential") }),
      fc.record({ use_dynamic_shifting: fc.constant(false), shift: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
    );
    const terminal = fc.constantFrom(null, 0.1, 0.02);
    fc.assert(
      fc.property(
        spacing,
        terminal,
        fc.integer({ min: 1, max: 8192 }),
        fc.integer({ min: 1, max: 200 }),
        (fields, shift_terminal, tokens, steps) => {
          const levels = sigmas(tokens, steps, parseSchedulerConfig({ ...fields, shift_terminal }));
          expect(levels[0]).toBe(1);
          expect(levels[steps]).toBe(0);
          for (let i = 0; i < steps; i++) expect(levels[i]!).toBeGreaterThan(levels[i + 1]!);
        },
      ),
    );
  });

  it("follow the static shift when dynamic shifting is off", () => {
    const levels = sigmas(4096, 2, parseSchedulerConfig({ use_dynamic_shifting: false, shift: 3 }));
    expect([...levels]).toEqual([1, 0.75, 0]);
  });

  it("end at the terminal when one is set", () => {
    const levels = sigmas(4096, 4, parseSchedulerConfig({ ...json, shift_terminal: 0.25 }));
    expect(levels[3]).toBeCloseTo(0.25, 6);
  });

  it.each([0, -1, 1.5, Number.NaN, 1001])("refuse %d steps", (steps) => {
    expect(refusal(() => sigmas(12, steps, config)).code).toBe("BAD_INPUT");
  });

  it("refuse a linear shift that is not positive", () => {
    const linear = parseSchedulerConfig({ ...json, time_shift_type: "linear", base_shift: -1 });
    expect(refusal(() => sigmas(12, 4, linear)).message).toContain("base_shift");
  });
});

describe("parseSchedulerConfig", () => {
  it.each(["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "invert_sigmas", "stochastic_sampling"])(
    "refuses %s by name",
    (field) => {
      const error = refusal(() => parseSchedulerConfig({ ...json, [field]: true }));
      expect(error.code).toBe("BAD_MODEL");
      expect(error.message).toContain(field);
    },
  );

  it("lists every fault", () => {
    const error = refusal(() =>
      parseSchedulerConfig({ ...json, shift: "3", base_shift: "x", time_shift_type: "cubic" }),
    );
    expect(error.faults.map((fault) => fault.split(":")[0])).toEqual(["shift", "base_shift", "time_shift_type"]);
  });

  it.each([null, 3, "text", []])("refuses %o", (content) => {
    expect(refusal(() => parseSchedulerConfig(content)).code).toBe("BAD_MODEL");
  });

  it("refuses another scheduler and a line without length", () => {
    expect(refusal(() => parseSchedulerConfig({ _class_name: "DDIMScheduler" })).message).toContain("_class_name");
    expect(refusal(() => parseSchedulerConfig({ ...json, max_image_seq_len: 256 })).message).toContain(
      "max_image_seq_len",
    );
  });
});
