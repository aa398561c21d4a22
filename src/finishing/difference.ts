import { inPieces } from "../core/clock.ts";
import { assert } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import type { Difference } from "../core/recipe.ts";

/** Compared without a pause. */
const bytesAtOnce = 2 ** 22;

/** How far two pictures of one size lie apart, over all bytes of their pixels. */
export async function differenceOf(a: RgbImage, b: RgbImage): Promise<Difference> {
  assert(a.width === b.width && a.height === b.height, "only pictures of one size are compared");
  const { length } = a.data;
  /** How many bytes lie so far apart. */
  const counts = new Uint32Array(256);
  for await (const [from, to] of inPieces(length, bytesAtOnce)) {
    for (let i = from; i < to; i += 1) counts[Math.abs(a.data[i]! - b.data[i]!)]! += 1;
  }
  let [sum, squares] = [0, 0];
  for (const [apart, count] of counts.entries()) {
    sum += apart * count;
    squares += apart * apart * count;
  }
  const max = counts.findLastIndex((count) => count > 0);
  return { max, mean: sum / length, psnr: squares === 0 ? null : 10 * Math.log10((255 * 255 * length) / squares) };
}
