import type { RgbImage, Size } from "../../src/core/image.ts";
import { detectWatermark } from "../../src/finishing/watermark/detect.ts";
import { embedWatermark } from "../../src/finishing/watermark/embed.ts";
import { psnr } from "../planes.ts";
import { type Distortion, distortions } from "./distortions.ts";
import { type Picture, unmarked } from "./pictures.ts";

/** One marked picture, once distorted. */
export interface Outcome {
  readonly picture: string;
  readonly distortion: Distortion;
  readonly psnrDb: number;
  readonly found: boolean;
  /** Bits of the payload found that are wrong. */
  readonly wrongBits: number;
  readonly confidence: number;
  /** Processor time, so that others on the machine do not count: a megapixel for marking, a picture for reading. */
  readonly embedMs: number;
  readonly detectMs: number;
  /** Of what was read. */
  readonly megapixels: number;
}

export type Progress = (done: number, of: number, note: string) => void;

/** Keys and payloads of the measurement, all different. */
export function keyOf(round: number): Uint8Array {
  return new TextEncoder().encode(`a measurement's key ${round}`);
}

export function payloadOf(round: number): number {
  return Math.imul(round + 1, 0x9e3779b1) >>> 0;
}

/** Every picture with every distortion, `rounds` times with another key and payload. */
export async function measureSurvival(
  pictures: readonly Picture[],
  rounds: number,
  progress: Progress,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, image } of pictures) {
    for (let round = 0; round < rounds; round += 1) {
      const [payload, key] = [payloadOf(round), keyOf(round)];
      const embedding = timed(() => embedWatermark(image, payload, key));
      const psnrDb = psnr(image, embedding.result);
      for (const distortion of distortions) {
        const distorted = await distortion.apply(embedding.result);
        const { result: finding, ms } = timed(() => detectWatermark(distorted, key));
        outcomes.push({
          picture: name,
          distortion,
          psnrDb,
          found: finding !== undefined,
          wrongBits: finding === undefined ? 0 : ones(finding.payload ^ payload),
          confidence: finding?.confidence ?? 0,
          embedMs: embedding.ms / megapixelsOf(image),
          detectMs: ms,
          megapixels: megapixelsOf(distorted),
        });
        progress(outcomes.length, pictures.length * rounds * distortions.length, `${name}, ${distortion.name}`);
      }
    }
  }
  return outcomes;
}

/** How many of so many unmarked pictures a mark is found in, and the processor time a picture. */
export function measureFalsePositives(
  count: number,
  photographs: readonly RgbImage[],
  progress: Progress,
): { count: number; found: number; medianMs: number } {
  const times: number[] = [];
  let found = 0;
  for (let seed = 0; seed < count; seed += 1) {
    const image = unmarked(seed, photographs);
    const { result, ms } = timed(() => detectWatermark(image, keyOf(seed)));
    if (result !== undefined) found += 1;
    times.push(ms);
    progress(seed + 1, count, `${found} found`);
  }
  return { count, found, medianMs: median(times) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function megapixelsOf({ width, height }: Size): number {
  return (width * height) / 1e6;
}

function timed<T>(work: () => T): { result: T; ms: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1000 };
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
