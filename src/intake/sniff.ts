import type { ImageFormat } from "../core/image.ts";

/** The type of an image by its first bytes, whatever its name says; undefined for anything else. */
export function sniff(bytes: Uint8Array): ImageFormat | undefined {
  const starts = (at: number, ...signature: number[]) => signature.every((byte, i) => bytes[at + i] === byte);
  if (starts(0, 0xff, 0xd8, 0xff)) return "jpeg";
  if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50)) return "webp";
  // An ISO base media file whose brand is avif: size, "ftyp", brand.
  if (starts(4, ...Buffer.from("ftypavif"))) return "avif";
  return undefined;
}
