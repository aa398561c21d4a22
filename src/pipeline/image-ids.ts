import type { Size } from "../core/image.ts";

/** Coordinates of a token: which image, row, column. The axes of the rotary embedding. */
const axisCount = 3;

/** The first coordinate of the tokens being generated. */
const targetImage = 0;
/** The first coordinate of the tokens of the image being edited. */
const contextImage = 1;

/** Positions of text tokens, which have none: `[count, 3]`, all zero. */
export function textIds(count: number): Float32Array {
  return new Float32Array(count * axisCount);
}

/**
 * Positions of one image's tokens: `[height * width, 3]`, each (imageIndex, y, x), row by row.
 *
 * @param height rows of tokens, each two latent cells high
 * @param width columns of tokens
 * @param imageIndex 0 for the image being generated, 1 for the context image
 */
export function latentIds(height: number, width: number, imageIndex: number): Float32Array {
  const ids = new Float32Array(height * width * axisCount);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      ids[at++] = imageIndex;
      ids[at++] = y;
      ids[at++] = x;
    }
  }
  return ids;
}

/**
 * Positions of the transformer's image sequence: the target's tokens, then the context's, each counting from its own
 * corner. `[target tokens + context tokens, 3]`.
 *
 * @param target rows and columns in tokens
 * @param context the same of the context image, left out when there is none
 */
export function imageIds(target: Size, context?: Size): Float32Array {
  const targetIds = latentIds(target.height, target.width, targetImage);
  if (!context) return targetIds;
  const contextIds = latentIds(context.height, context.width, contextImage);
  const ids = new Float32Array(targetIds.length + contextIds.length);
  ids.set(targetIds);
  ids.set(contextIds, targetIds.length);
  return ids;
}
