import { assert } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import type { Difference } from "../core/recipe.ts";

/** How far two pictures of one size lie apart, over all bytes of their pixels. */
export function differenceOf(a: RgbImage, b: RgbImage): Difference {
  assert(a.width === b.width && a.height === b.height, "only pictures of one size are compared");
  let [max, sum, squares] = [0, 0, 0];
  for (let i = 0; i < a.data.length; i += 1) {
    const apart = Math.abs(a.data[i]! - b.data[i]!);
    if (apart === 0) continue;
    if (apart > max) max = apart;
    sum += apart;
    squares += apart * apart;
  }
  const { length } = a.data;
  return { max, mean: sum / length, psnr: squares === 0 ? null : 10 * Math.log10((255 * 255 * length) / squares) };
}
