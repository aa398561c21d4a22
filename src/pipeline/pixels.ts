import { assert } from "../core/errors.ts";
import type { RgbImage, Size } from "../core/image.ts";

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

/**
 * Pixels of the VAE decoder's output, as diffusers rounds them: `clamp(y / 2 + 0.5, 0, 1) * 255`, half to even, each
 * operation in float32. What is not a number becomes black.
 *
 * @param decoded `[3, height, width]`, about -1..1
 */
export function toPixels(decoded: Float32Array, size: Size): RgbImage {
  const { width, height } = size;
  const area = width * height;
  assert(decoded.length === area * channelCount, "decoded image does not fill its size");
  // Uint8ClampedArray clamps to 0..255 and rounds half to even on assignment (ECMAScript ToUint8Clamp).
  const clamped = new Uint8ClampedArray(area * channelCount);
  for (let i = 0, at = 0; i < area; i++, at += channelCount) {
    clamped[at] = Math.fround(Math.fround(decoded[i]! * 0.5 + 0.5) * 255);
    clamped[at + 1] = Math.fround(Math.fround(decoded[area + i]! * 0.5 + 0.5) * 255);
    clamped[at + 2] = Math.fround(Math.fround(decoded[2 * area + i]! * 0.5 + 0.5) * 255);
  }
  return { width, height, data: new Uint8Array(clamped.buffer) };
}
