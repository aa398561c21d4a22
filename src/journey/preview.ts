import type { RgbImage } from "../core/image.ts";
import { encodeImage } from "../finishing/encode.ts";

/** Low: it is shown enlarged for a second. A 64 × 64 preview has about a kilobyte. */
const quality = 60;

/** A preview as subscribers get it: a WebP in a data URL. */
export async function drawPreview(image: RgbImage): Promise<string> {
  const bytes = await encodeImage(image, "webp", quality);
  return `data:image/webp;base64,${Buffer.from(bytes).toString("base64")}`;
}
