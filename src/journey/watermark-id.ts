import { createHash } from "node:crypto";
import { canonicalJson } from "../core/canonical-json.ts";
import type { Recipe } from "../core/recipe.ts";
import type { JourneyEdit } from "./traveller.ts";

/** How the mark is called in credentials. */
export const watermarkAlgorithm = "pentimento.watermark.1";

/**
 * The number that a picture carries: 32 bits of a digest over what it is made of and for whom. It leads from a copy back to
 * the rows of pictures with this recipe. Nothing of chance and no time goes in, so that a recipe gives the same pixels
 * again, the mark included.
 */
export function watermarkIdOf({ accountId, prompt, request }: JourneyEdit, recipe: Recipe): number {
  const { imageIds: _, maskId, seed, count, priority, deadlineAt, safetyTolerance, rerunOf, ...rest } = request;
  const { seed: own, sourceDigests, maskDigest } = recipe;
  const made = canonicalJson({ ...rest, accountId, prompt, seed: own, sourceDigests, maskDigest });
  return createHash("sha256").update(made).digest().readUInt32BE(0);
}

/** A number of a watermark as it is written: eight hexadecimal digits. */
export function formatWatermark(id: number): string {
  return id.toString(16).padStart(8, "0");
}
