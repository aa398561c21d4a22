import { afterAll, describe, expect, it } from "vitest";
import { detectWatermark } from "../../src/finishing/watermark/detect.ts";
import { embedWatermark } from "../../src/finishing/watermark/embed.ts";
import { PixelThreads } from "../../src/journey/pixel-threads.ts";
import { pdqOf } from "../../src/moderation/hash-list/pdq.ts";
import { waves } from "../support/pictures.ts";

const key = new Uint8Array(32).fill(7);
const picture = waves({ width: 320, height: 256 }, 3);

describe("threads for pixels", () => {
  const threads = new PixelThreads(key);
  afterAll(() => threads[Symbol.asyncDispose]());

  it("do what the functions do, several at once", async () => {
    const payloads = [0, 1, 0xdeadbeef, 2 ** 32 - 1];
    const marked = await Promise.all(payloads.map((payload) => threads.mark(picture, payload)));
    for (const [i, payload] of payloads.entries()) {
      expect(marked[i]).toEqual(embedWatermark(picture, payload, key));
      expect(await threads.detect(marked[i]!)).toEqual(detectWatermark(marked[i]!, key));
    }
    const pdq = await pdqOf(picture);
    const { hash, quality } = pdq;
    expect(await threads.pdq(picture)).toEqual(pdq);
    expect(await threads.fingerprint(picture)).toEqual({ pdq: Buffer.from(hash).toString("hex"), quality });
  });

  it("mark alike whether or not that was prepared", async () => {
    await threads.prepareMark(77);
    expect(await threads.mark(picture, 77)).toEqual(embedWatermark(picture, 77, new Uint8Array(key)));
  });

  it("say what was wrong with a call, and go on", async () => {
    await expect(threads.prepareMark(-1)).rejects.toThrow("a watermark's payload is a whole number");
    await expect(threads.mark(picture, 0.5)).rejects.toThrow("a watermark's payload is a whole number");
    await expect(threads.detect(picture)).resolves.toBeUndefined();
  });

  it("start none again once they are closed", async () => {
    const closed = new PixelThreads(key);
    const pending = expect(closed.pdq(picture)).rejects.toThrow("closed");
    await closed[Symbol.asyncDispose]();
    await pending;
    await expect(closed.pdq(picture)).rejects.toThrow("closed");
  });
});
