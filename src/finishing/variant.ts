import sharp from "sharp";

export interface VariantSettings {
  /** Pixels; a narrower picture keeps its width. */
  readonly width?: number;
  readonly format: "png" | "jpeg" | "webp" | "avif";
  /** 1…100; PNG is lossless. */
  readonly quality: number;
}

/** Another width, format or quality of a picture that is kept here. */
export async function renderVariant(
  original: Uint8Array,
  { width, format, quality }: VariantSettings,
): Promise<Uint8Array> {
  const image = sharp(original, { limitInputPixels: false });
  const resized = width === undefined ? image : image.resize({ width, withoutEnlargement: true });
  return resized.toFormat(format, format === "png" ? {} : { quality }).toBuffer();
}
