import sharp from "sharp";
import type { ImageMimeType } from "../../src/provenance/claim.ts";

/** A picture with something to see in it; `seed` makes another. */
export async function encodePicture(mimeType: ImageMimeType, seed = 1, side = 96): Promise<Uint8Array> {
  const data = Buffer.alloc(side * side * 3);
  for (let i = 0; i < data.length; i += 1) data[i] = ((i * (seed * 2 + 7919)) >> 6) & 255;
  const format = mimeType.slice("image/".length) as "png" | "jpeg" | "webp" | "avif";
  const raw = sharp(data, { raw: { width: side, height: side, channels: 3 } }).blur(2);
  return new Uint8Array(await raw.toFormat(format).toBuffer());
}
