import { Refused } from "../core/errors.ts";
import type { SchedulerConfig } from "../model/scheduler-config.ts";

/** Noise levels that a model is trained at. */
const stepsMax = 1000;

/**
 * The noise level before each step and after the last: `[numInferenceSteps + 1]`, falling from 1 to 0.
 * Computed in float64 and rounded to float32 once (diffusers: `set_timesteps(sigmas=linspace(1, 1/n, n), mu)`).
 *
 * @param imageSeqLen tokens of the image being generated, context tokens not counted
 * @throws Refused BAD_INPUT when the number of steps is not a whole number from 1 to 1000
 */
export function sigmas(imageSeqLen: number, numInferenceSteps: number, config: SchedulerConfig): Float32Array {
  if (!(Number.isInteger(numInferenceSteps) && numInferenceSteps >= 1 && numInferenceSteps <= stepsMax)) {
    throw new Refused(
      "BAD_INPUT",
      `number of steps must be a whole number from 1 to ${stepsMax}, not ${numInferenceSteps}`,
    );
  }
  const shift = timeShift(imageSeqLen, config);
  const levels = Float64Array.from({ length: numInferenceSteps }, (_, i) => shift(1 - i / numInferenceSteps));
  const stretched = config.shiftTerminal > 0 ? stretchToTerminal(levels, config.shiftTerminal) : levels;
  const result = new Float32Array(numInferenceSteps + 1);
  result.set(stretched);
  return result;
}

/** The function from an evenly spaced level in (0, 1] to a shifted one; 1 stays 1. */
function timeShift(imageSeqLen: number, config: SchedulerConfig): (level: number) => number {
  const { shifting } = config;
  if (shifting.kind === "static") {
    const { shift } = shifting;
    return (level) => (shift * level) / (1 + (shift - 1) * level);
  }
  const { baseShift, maxShift, baseImageSeqLen, maxImageSeqLen } = shifting;
  const slope = (maxShift - baseShift) / (maxImageSeqLen - baseImageSeqLen);
  const mu = baseShift + (imageSeqLen - baseImageSeqLen) * slope;
  const weight = shifting.timeShiftType === "exponential" ? Math.exp(mu) : mu;
  if (!(weight > 0))
    throw new Refused(
      "BAD_MODEL",
      `scheduler_config.json: base_shift: gives the shift ${mu} at ${imageSeqLen} tokens, a linear one must be positive`,
    );
  return (level) => weight / (weight + (1 / level - 1));
}

/** diffusers' `stretch_shift_to_terminal`; a single level, which is 1, has nothing to stretch. */
function stretchToTerminal(levels: Float64Array, terminal: number): Float64Array {
  const last = levels.at(-1);
  if (last === undefined || levels.length === 1) return levels;
  const factor = (1 - last) / (1 - terminal);
  return levels.map((level) => 1 - (1 - level) / factor);
}
