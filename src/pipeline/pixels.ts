import { assert } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";

const channelCount = 3;

/** `x / 255 * 2 - 1` of each byte, every operation in float32 as diffusers' VaeImageProcessor does it. */
const normalized = Float32Array.from({ length: 256 }, (_, byte) => 2 * Math.fround(byte / 255) - 1);

/** The VAE encoder's input: `[3, height, width]` in -1..1. */
export function toTensor(image: RgbImage): Float32Array {
  const { data, width, height } = image;
  const area = width * height;
  assert(data.length === area * channelCount, "image does not fill its size");
  const tensor = new Float32Array(area * channelCount);
  for (let i = 0, at = 0; i < area; i++, at += channelCount) {
    tensor[i] = normalized[data[at]!]!;
    tensor[area + i] = normalized[data[at + 1]!]!;
    tensor[2 * area + i] = normalized[data[at + 2]!]!;
  }
  return tensor;
}
