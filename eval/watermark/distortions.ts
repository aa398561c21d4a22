import sharp, { type Sharp } from "sharp";
import type { RgbImage } from "../../src/core/image.ts";

export interface Distortion {
  readonly name: string;
  /** Whether it counts for the goal; the others show how far it is to the edge. */
  readonly required: boolean;
  readonly apply: (image: RgbImage) => Promise<RgbImage>;
}

const open = ({ width, height, data }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } });

async function pixels(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

async function throughFile(image: RgbImage, format: "jpeg" | "webp" | "avif", quality: number): Promise<RgbImage> {
  return pixels(sharp(await open(image).toFormat(format, { quality }).toBuffer()));
}

async function resize(image: RgbImage, scale: number): Promise<RgbImage> {
  return pixels(open(image).resize(Math.round(image.width * scale), Math.round(image.height * scale), { fit: "fill" }));
}

/** Multiplies every byte, as an editor's brightness does on stored values; rounds and clips. */
export function brighten(image: RgbImage, factor: number): RgbImage {
  return { ...image, data: image.data.map((value) => Math.min(255, Math.round(value * factor))) };
}

/** Shares of width and height cut away. */
export async function crop(
  image: RgbImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
): Promise<RgbImage> {
  const { width, height } = image;
  const [x, y] = [Math.round(left * width), Math.round(top * height)];
  const size = { width: width - x - Math.round(right * width), height: height - y - Math.round(bottom * height) };
  return pixels(open(image).extract({ left: x, top: y, ...size }));
}

type Apply = Distortion["apply"];
const required = (name: string, apply: Apply): Distortion => ({ name, required: true, apply });
const beyond = (name: string, apply: Apply): Distortion => ({ name, required: false, apply });

export const distortions: readonly Distortion[] = [
  required("none", async (image) => image),
  required("JPEG 90", (image) => throughFile(image, "jpeg", 90)),
  required("JPEG 75", (image) => throughFile(image, "jpeg", 75)),
  required("WebP 90", (image) => throughFile(image, "webp", 90)),
  required("WebP 80", (image) => throughFile(image, "webp", 80)),
  required("resize 75 %", (image) => resize(image, 0.75)),
  required("resize 50 %", (image) => resize(image, 0.5)),
  required("brightness −10 %", async (image) => brighten(image, 0.9)),
  required("brightness −5 %", async (image) => brighten(image, 0.95)),
  required("brightness +5 %", async (image) => brighten(image, 1.05)),
  required("brightness +10 %", async (image) => brighten(image, 1.1)),
  required("crop 1 % left", (image) => crop(image, 0.01, 0, 0, 0)),
  required("crop 5 % left, top", (image) => crop(image, 0.05, 0.05, 0, 0)),
  required("crop 7 % left, 3 % right, 9 % bottom", (image) => crop(image, 0.07, 0, 0.03, 0.09)),
  required("crop 10 % every side", (image) => crop(image, 0.1, 0.1, 0.1, 0.1)),
  beyond("JPEG 60", (image) => throughFile(image, "jpeg", 60)),
  beyond("JPEG 40", (image) => throughFile(image, "jpeg", 40)),
  beyond("WebP 50", (image) => throughFile(image, "webp", 50)),
  beyond("AVIF 50", (image) => throughFile(image, "avif", 50)),
  beyond("resize 60 %", (image) => resize(image, 0.6)),
  beyond("resize 41 %", (image) => resize(image, 0.41)),
  beyond("resize 130 %", (image) => resize(image, 1.3)),
  beyond("resize 50 %, JPEG 75", async (image) => throughFile(await resize(image, 0.5), "jpeg", 75)),
  beyond("crop 10 %, resize 75 %, JPEG 75", async (image) =>
    throughFile(await resize(await crop(image, 0.1, 0.1, 0.1, 0.1), 0.75), "jpeg", 75),
  ),
  beyond("crop 10 %, resize 50 %, WebP 80", async (image) =>
    throughFile(await resize(await crop(image, 0.1, 0.1, 0.1, 0.1), 0.5), "webp", 80),
  ),
];
