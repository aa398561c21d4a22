/** File formats of pictures, as in the type "image/png". */
export const imageFormats = ["png", "jpeg", "webp", "avif"] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** Width and height in pixels, both positive integers. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** 8-bit sRGB pixels, rows from the top, three bytes a pixel: `[height, width, 3]`. */
export interface RgbImage extends Size {
  readonly data: Uint8Array;
}

/** 8-bit single channel, `[height, width]`. As a mask: 255 repaints, 0 keeps. */
export interface GreyImage extends Size {
  readonly data: Uint8Array;
}
