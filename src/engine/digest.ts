import { createHash } from "node:crypto";
import { inPieces } from "../core/clock.ts";
import type { Size } from "../core/image.ts";
import { hashBytesMax } from "./limits.ts";

/** Pixels of one or three channels, eight bits each, `[height, width, channels]`. */
export interface Pixels extends Size {
  readonly data: Uint8Array;
}

export function channelsOf(pixels: Pixels): number {
  return pixels.data.length / (pixels.width * pixels.height);
}

/** SHA-256 of extent and bytes, in hex. Lets the event loop go on after every slice, for 16 megapixels take 30 ms and more. */
export async function digestOf(pixels: Pixels): Promise<string> {
  const hash = createHash("sha256").update(`${pixels.width}x${pixels.height}x${channelsOf(pixels)}:`);
  for await (const [from, to] of inPieces(pixels.data.length, hashBytesMax))
    hash.update(pixels.data.subarray(from, to));
  return hash.digest("hex");
}
