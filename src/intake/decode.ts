import sharp, { type Sharp } from "sharp";
import { inPieces } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import type { GreyImage, RgbImage } from "../core/image.ts";
import { sniff } from "./sniff.ts";

/** Limits on what a caller sends; all are read off the header, before a pixel is decoded. */
export const limits = {
  bytesMax: 20 * 2 ** 20,
  /** 16.7 megapixels: 4096 × 4096. */
  pixelsMax: 2 ** 24,
  sideMax: 8192,
  /** libpng decodes an interlaced image whole, at many times its size: a few bytes could ask for a gigabyte. */
  interlacedPixelsMax: 2 ** 22,
  /** Under this a side holds no token. */
  sideMin: 16,
} as const;

/**
 * Decodes an image of unknown origin to 8-bit sRGB: type by content, orientation applied, colours converted, transparency
 * laid over white, metadata dropped. Throws `Refused` IMAGE_UNSUPPORTED, IMAGE_TOO_LARGE or IMAGE_UNREADABLE.
 */
export async function decodeImage(bytes: Uint8Array, types: Types = "editable"): Promise<RgbImage> {
  return decode(bytes, { background: "#ffffff", types });
}

/** What may be edited (JPEG, PNG, WebP), or whatever results come in (AVIF too). */
type Types = "editable" | "any";

/**
 * Decodes a mask: white (255) is repainted, black (0) and transparent kept, greys between; of colours the luma, as Pillow
 * reckons it for diffusers: (19595 R + 38470 G + 7471 B + 32768) >> 16.
 */
export async function decodeMask(bytes: Uint8Array): Promise<GreyImage> {
  const { width, height, data } = await decode(bytes, { background: "#000000", types: "editable" });
  const grey = new Uint8Array(width * height);
  for await (const [from, to] of inPieces(grey.length, pixelsAtOnce)) {
    for (let i = from; i < to; i += 1)
      grey[i] = (19_595 * data[3 * i]! + 38_470 * data[3 * i + 1]! + 7_471 * data[3 * i + 2]! + 32_768) >> 16;
  }
  return { width, height, data: grey };
}

/** Of a mask, made grey without a pause. */
const pixelsAtOnce = 2 ** 20;

interface Decoding {
  readonly background: string;
  readonly types: Types;
}

async function decode(bytes: Uint8Array, { background, types }: Decoding) {
  const input = await open(bytes, types);
  const { data, info } = await input
    .autoOrient()
    .flatten({ background })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  return { width: info.width, height: info.height, data };
}

async function open(bytes: Uint8Array, types: Types): Promise<Sharp> {
  if (bytes.length === 0) throw new Refused("IMAGE_UNREADABLE", "the image is empty (0 bytes)");
  if (bytes.length > limits.bytesMax) {
    throw new Refused(
      "IMAGE_TOO_LARGE",
      `the image has ${bytes.length} bytes; at most ${limits.bytesMax} are accepted`,
    );
  }
  const type = sniff(bytes);
  if (type === undefined || (type === "avif" && types === "editable"))
    throw new Refused("IMAGE_UNSUPPORTED", "the file is no JPEG, PNG or WebP image");
  const options = { limitInputPixels: limits.pixelsMax, failOn: "error", pages: 1 } as const;
  const { width, height, isProgressive, format, space, hasProfile } = await sharp(bytes, {
    ...options,
    limitInputPixels: false,
  })
    .metadata()
    .catch(unreadable);
  const size = `${width} × ${height} pixels`;
  if (width > limits.sideMax || height > limits.sideMax) {
    throw new Refused("IMAGE_TOO_LARGE", `the image has ${size}; a side may have at most ${limits.sideMax}`);
  }
  const pixelsMax = format === "png" && isProgressive ? limits.interlacedPixelsMax : limits.pixelsMax;
  if (width * height > pixelsMax) {
    throw new Refused("IMAGE_TOO_LARGE", `the image has ${size}; at most ${pixelsMax} pixels in all are accepted`);
  }
  if (width < limits.sideMin || height < limits.sideMin) {
    throw new Refused("BAD_INPUT", `the image has ${size}; each side needs at least ${limits.sideMin}`);
  }
  const input = sharp(bytes, options);
  // Otherwise its colours are brought to Display P3, whose numbers are then taken for those of sRGB.
  return space === "rgb16" && hasProfile ? input.pipelineColourspace("srgb") : input;
}

function unreadable(error: Error): never {
  const [reason] = error.message.split("\n");
  throw new Refused("IMAGE_UNREADABLE", `the image cannot be decoded: ${reason}`);
}
