import { assert } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { averageTile, findShifts, pixelsPerSample, readCode } from "./alignment.ts";
import { type Carrier, carriersOf } from "./carriers.ts";
import { decodePayload } from "./code.ts";
import { markedSideMin } from "./embed.ts";
import { evened, samplesMax } from "./evened.ts";
import { checkWatermarkKey } from "./key.ts";
import { lumaOf, type Plane } from "./plane.ts";
import { findScales } from "./scale.ts";

/**
 * Agreement below which a code word is not believed, though its CRC holds. In unmarked pictures three shifts in ten
 * searches pass the pilots, seven of ten of them stay below this, and the CRC holds once in 65,536: with three searches
 * a picture that comes to about four false findings in a million (reckoned; none was seen in 1,000).
 */
const agreementMin = 0.66;

export interface WatermarkFinding {
  /** The number embedded, 0…2³²−1. */
  readonly payload: number;
  /** 0.66…1: the share of the evidence that agrees with the payload. Not a probability. */
  readonly confidence: number;
}

/**
 * Reads the mark of `embedWatermark`, if the picture holds one of this key, also after compression, a change of
 * brightness, a crop, and scaling to 39…153 % (not turned, mirrored, or stretched in one direction).
 *
 * 1. Luma is averaged over squares, freed of what the picture does at large, and evened out (`evened.ts`).
 * 2. All tiles are added into one: the mark adds up, the picture averages out. The spectrum of that tile holds every
 *    carrier in one complex number, and a shift of the picture is a turn of its phase.
 * 3. The pilots find the shift, all 128 × 128 of them tried by one transform (`alignment.ts`).
 * 4. The other carriers, turned back, are the soft bits of the code; Viterbi's algorithm and the CRC do the rest.
 *
 * First as though the picture had its size still. If that finds nothing, the comb that repetition leaves in the spectrum
 * says which two scales to try (`scale.ts`). Of large pictures the middle is looked at.
 */
export function detectWatermark(image: RgbImage, key: Uint8Array): WatermarkFinding | undefined {
  checkWatermarkKey(key);
  const { width, height, data } = image;
  assert(data.length === 3 * width * height, `${width}×${height} pixels have ${3 * width * height} bytes`);
  if (Math.min(width, height) < markedSideMin / 3) return undefined;
  const carriers = carriersOf(key);
  const sideMax = samplesMax * pixelsPerSample * 1.6;
  const luma = lumaOf(image, { width: sideMax, height: sideMax });
  const unscaled = evened(luma, pixelsPerSample);
  const found = readSamples(unscaled, carriers);
  if (found !== undefined) return found;
  for (const { scale } of findScales(evened(luma, 1), unscaled, carriers)) {
    const rescaled = readSamples(evened(luma, pixelsPerSample * scale), carriers);
    if (rescaled !== undefined) return rescaled;
  }
  return undefined;
}

function readSamples(samples: Plane, carriers: readonly Carrier[]): WatermarkFinding | undefined {
  const tile = averageTile(samples);
  for (const shift of findShifts(tile, carriers)) {
    const { payload, agreement } = decodePayload(readCode(tile, carriers, shift));
    if (payload !== undefined && agreement >= agreementMin) return { payload, confidence: agreement };
  }
  return undefined;
}
