import { randomInt } from "node:crypto";

/** A seed 0…2³²−1, for an edit that names none. */
export function randomSeed(): number {
  return randomInt(2 ** 32);
}
