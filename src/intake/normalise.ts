import sharp from "sharp";
import { assert } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { decodeImage } from "./decode.ts";

/** A picture as it is kept: its pixels, and the file that holds exactly them. */
export interface Normalised {
  readonly image: RgbImage;
  readonly bytes: Uint8Array;
  readonly contentType: "image/png";
}

/**
 * Low, because a photograph hardly gets smaller above it and takes several times as long: a megapixel takes about 25 ms
 * at 1 and 67 at 6.
 */
const compressionLevel = 1;

/**
 * Decodes an image of unknown origin under the limits of `decodeImage`, and writes it as PNG: without metadata, upright,
 * in sRGB, and lossless, so that the engine sees the same pixels now and after every restart.
 */
export async function normalise(bytes: Uint8Array): Promise<Normalised> {
  const image = await decodeImage(bytes);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const png = await sharp(image.data, { raw }).png({ compressionLevel }).toBuffer();
  return { image, bytes: png, contentType: "image/png" };
}

/** The pixels of a file that `normalise` or our own encoder wrote; trusted, so no limits are applied. */
export async function readPixels(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(bytes, { limitInputPixels: false })
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  assert(info.channels === 3, "a kept picture has three channels");
  return { width: info.width, height: info.height, data };
}
