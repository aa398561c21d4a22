import { channelsOf, type Pixels } from "./digest.ts";
import { partBytesMax, partsInFlightMax } from "./limits.ts";
import type { Body, Results } from "./protocol.ts";

/** Sends an image in parts, a few of them ahead of the answers. */
export async function stage(
  pixels: Pixels,
  digest: string,
  send: (part: Body<"stage">) => Promise<Results["stage"]>,
): Promise<void> {
  const { width, height, data } = pixels;
  const channels = channelsOf(pixels) as 1 | 3;
  const inFlight: Promise<unknown>[] = [];
  for (let offset = 0; offset < data.length; offset += partBytesMax) {
    if (inFlight.length >= partsInFlightMax) await inFlight.shift();
    const part = data.subarray(offset, offset + partBytesMax);
    const sent = send({ digest, width, height, channels, offset, part });
    // One failure is enough to stop; those of the other parts are the same news.
    sent.catch(() => {});
    inFlight.push(sent);
  }
  await Promise.all(inFlight);
}
