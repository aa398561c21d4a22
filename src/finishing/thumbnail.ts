import sharp from "sharp";
import type { RgbImage } from "../core/image.ts";

/** Enough to recognise the picture by, and about 8 KB. */
const sideMax = 192;
const quality = 70;

/** A small JPEG of a picture. */
export async function makeThumbnail({ width, height, data }: RgbImage): Promise<Uint8Array> {
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  return raw.resize(sideMax, sideMax, { fit: "inside", withoutEnlargement: true }).jpeg({ quality }).toBuffer();
}
