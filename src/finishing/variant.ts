import sharp from "sharp";
import type { ImageFormat } from "../core/image.ts";

export interface VariantSettings {
  /** Pixels; a narrower picture keeps its width. */
  readonly width?: number;
  readonly format: ImageFormat;
  /** 1…100; PNG is lossless. */
  readonly quality: number;
  readonly blur?: boolean;
}

/** Widths of the picture that a blur mixes: outlines of large things remain. */
const blurShare = 1 / 24;
/** Pixels that a blurred picture has where no width is asked for. */
const blurredWidth = 512;

/** Another width, format or quality of a picture that is kept here. */
export async function renderVariant(
  original: Uint8Array,
  { width, format, quality, blur }: VariantSettings,
): Promise<Uint8Array> {
  const image = sharp(original, { limitInputPixels: false });
  const target = width ?? (blur ? blurredWidth : undefined);
  const resized = target === undefined ? image : image.resize({ width: target, withoutEnlargement: true });
  const seen = blur ? resized.blur((target ?? blurredWidth) * blurShare) : resized;
  return seen.toFormat(format, format === "png" ? {} : { quality }).toBuffer();
}
