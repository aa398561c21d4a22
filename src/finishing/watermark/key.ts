import { assert } from "../../core/errors.ts";

/** 128 bits cannot be guessed. */
export const watermarkKeyBytesMin = 16;

export function checkWatermarkKey(key: Uint8Array): void {
  assert(
    key.length >= watermarkKeyBytesMin,
    `a watermark key has at least ${watermarkKeyBytesMin} bytes, not ${key.length}`,
  );
}
