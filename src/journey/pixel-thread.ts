import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { detectWatermark, type WatermarkFinding } from "../finishing/watermark/detect.ts";
import { embedWatermark, markTile } from "../finishing/watermark/embed.ts";
import { type Pdq, pdqOf } from "../moderation/hash-list/pdq.ts";

/** A thread for what takes tens of milliseconds a picture and would hold the event loop; started by `PixelThreads` alone. */
export interface PixelCalls {
  prepareMark: { body: { readonly payload: number }; result: undefined };
  mark: { body: { readonly image: RgbImage; readonly payload: number }; result: RgbImage };
  detect: { body: { readonly image: RgbImage }; result: WatermarkFinding | undefined };
  pdq: { body: { readonly image: RgbImage }; result: Pdq };
}

export type PixelCall = {
  [Name in keyof PixelCalls]: { readonly id: number; readonly name: Name; readonly body: PixelCalls[Name]["body"] };
}[keyof PixelCalls];
export type PixelReply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

async function obey(call: PixelCall, key: Uint8Array): Promise<PixelCalls[keyof PixelCalls]["result"]> {
  switch (call.name) {
    case "prepareMark":
      markTile(call.body.payload, key);
      return;
    case "mark":
      return embedWatermark(call.body.image, call.body.payload, key);
    case "detect":
      return detectWatermark(call.body.image, key);
    case "pdq":
      return pdqOf(call.body.image);
  }
}

assert(parentPort !== null, "this file runs as a thread");
const port = parentPort;
const { key } = workerData as { readonly key: Uint8Array };
port.on("message", (call: PixelCall) => {
  const { id } = call;
  obey(call, key).then(
    (result) => port.postMessage({ id, result } satisfies PixelReply),
    (error) => port.postMessage({ id, error: String(error?.message ?? error) } satisfies PixelReply),
  );
});
