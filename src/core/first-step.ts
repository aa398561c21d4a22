import { Refused } from "./errors.ts";

/**
 * The first step that runs when an image is repainted with less than full strength
 * (diffusers: `get_timesteps` of the inpaint pipeline; steps * strength is not rounded first).
 *
 * @param strength 0..1; 1 runs every step
 * @returns index of a step, 0..numInferenceSteps - 1
 * @throws Refused BAD_INPUT when the strength is out of range or leaves no step
 */
export function firstStep(numInferenceSteps: number, strength: number): number {
  if (!(strength >= 0 && strength <= 1)) {
    throw new Refused("BAD_INPUT", `strength must be from 0 to 1, not ${strength}`);
  }
  const first = Math.trunc(Math.max(numInferenceSteps - Math.min(numInferenceSteps * strength, numInferenceSteps), 0));
  if (first >= numInferenceSteps) {
    throw new Refused("BAD_INPUT", `strength ${strength} leaves none of ${numInferenceSteps} steps to run`);
  }
  return first;
}
