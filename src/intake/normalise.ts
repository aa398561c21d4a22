import sharp from "sharp";
import { assert } from "../core/errors.ts";
import type { GreyImage, RgbImage } from "../core/image.ts";
import { decodeImage, decodeMask } from "./decode.ts";

/** A picture or a mask as it is kept: its pixels, and the file that holds exactly them. */
export interface Normalised<Image> {
  readonly image: Image;
  readonly bytes: Uint8Array;
  readonly contentType: "image/png";
}

/**
 * Low, because a photograph hardly gets smaller above it and takes several times as long: a megapixel takes about 25 ms
 * at 1 and 67 at 6. Lossless WebP would be a fifth to a third smaller and takes ten times as long at its least effort.
 */
const compressionLevel = 1;

/**
 * Decodes an image of unknown origin under the limits of `decodeImage`, and writes it as PNG: without metadata, upright,
 * in sRGB, and lossless, so that the engine sees the same pixels now and after every restart.
 */
export async function normalise(bytes: Uint8Array): Promise<Normalised<RgbImage>> {
  return keep(await decodeImage(bytes), 3);
}

/** The same for a mask, by the rules of `decodeMask`: one channel, and what is transparent is kept (black). */
export async function normaliseMask(bytes: Uint8Array): Promise<Normalised<GreyImage>> {
  return keep(await decodeMask(bytes), 1);
}

/** The pixels of a file that `normalise` or our own encoder wrote; trusted, so no limits are applied. */
export async function readPixels(bytes: Uint8Array): Promise<RgbImage> {
  return read(bytes, "srgb", 3);
}

/** The pixels of a file that `normaliseMask` wrote. */
export async function readMask(bytes: Uint8Array): Promise<GreyImage> {
  return read(bytes, "b-w", 1);
}

async function keep<Image extends RgbImage | GreyImage>(image: Image, channels: 1 | 3): Promise<Normalised<Image>> {
  const { width, height, data } = image;
  const png = sharp(data, { raw: { width, height, channels } }).png({ compressionLevel });
  return { image, bytes: await png.toBuffer(), contentType: "image/png" };
}

async function read(bytes: Uint8Array, colourspace: "srgb" | "b-w", channels: 1 | 3): Promise<RgbImage | GreyImage> {
  const { data, info } = await sharp(bytes, { limitInputPixels: false })
    .toColourspace(colourspace)
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  assert(info.channels === channels, "a kept picture has three channels, a kept mask one");
  return { width: info.width, height: info.height, data };
}
