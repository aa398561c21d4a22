import { Worker } from "node:worker_threads";
import { Failed } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { entryPoint, threadCode } from "../core/program.ts";
import type { WatermarkFinding } from "../finishing/watermark/detect.ts";
import type { Pdq } from "../moderation/hash-list/pdq.ts";
import type { PixelCall, PixelCalls, PixelReply } from "./pixel-thread.ts";

/** A picture's PDQ hash, in hex, and its quality 0…100. */
export interface Fingerprint {
  readonly pdq: string;
  readonly quality: number;
}

const start = threadCode(entryPoint("journey/pixel-thread"));

interface Pending {
  resolve(result: unknown): void;
  reject(error: Failed): void;
}

/**
 * Watermarks and perceptual hashes, away from the event loop, in one thread: a picture is marked before its fingerprint is
 * taken, so that a second one would halve nothing but a crowd's wait. Memory is copied. The thread's death fails its calls,
 * and the next call starts another.
 */
export class PixelThreads implements AsyncDisposable {
  readonly #key: Uint8Array;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #closed = false;
  #nextId = 0;

  /** @param key of the watermark, at least 16 secret bytes */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Makes the first picture, which would take three times as long, as quick as the others. Rejects when closed meanwhile. */
  async warmUp(): Promise<void> {
    const side = 256;
    const image = { width: side, height: side, data: Uint8Array.from({ length: 3 * side * side }, (_, i) => i % 251) };
    for (let round = 0; round < 3; round += 1) {
      await this.mark(image, 0);
      await this.pdq(image);
    }
  }

  /** Does what can be done of `mark` before there is a picture. */
  prepareMark(payload: number): Promise<void> {
    return this.#call("prepareMark", { payload });
  }

  /** A copy of the picture that carries a number 0…2³²−1; see `embedWatermark`. */
  mark(image: RgbImage, payload: number): Promise<RgbImage> {
    return this.#call("mark", { image, payload });
  }

  /** The number that a picture carries; see `detectWatermark`. */
  detect(image: RgbImage): Promise<WatermarkFinding | undefined> {
    return this.#call("detect", { image });
  }

  /** The perceptual hash of a picture and of its other layings; see `pdqOf`. */
  pdq(image: RgbImage): Promise<Pdq> {
    return this.#call("pdq", { image });
  }

  async fingerprint(image: RgbImage): Promise<Fingerprint> {
    const { hash, quality } = await this.pdq(image);
    return { pdq: Buffer.from(hash).toString("hex"), quality };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#closed = true;
    this.#end("closed");
    await worker?.terminate();
  }

  #call<Name extends keyof PixelCalls>(
    name: Name,
    body: PixelCalls[Name]["body"],
  ): Promise<PixelCalls[Name]["result"]> {
    // Another thread would keep the process alive: nobody ends it.
    if (this.#closed) return Promise.reject(failed("closed"));
    this.#worker ??= this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (result) => resolve(result as PixelCalls[Name]["result"]), reject });
      this.#worker!.postMessage({ id, name, body } as PixelCall);
    });
  }

  #start(): Worker {
    const worker = new Worker(start, { eval: true, execArgv: [], workerData: { key: this.#key } });
    worker.on("message", (reply: PixelReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ("error" in reply) pending?.reject(failed(reply.error));
      else pending?.resolve(reply.result);
    });
    const end = (reason: string) => this.#worker === worker && this.#end(reason);
    worker.on("error", (error) => end(error.message));
    worker.on("exit", (code) => end(`the thread ended with code ${code}`));
    return worker;
  }

  #end(reason: string): void {
    this.#worker = undefined;
    for (const { reject } of this.#pending.values()) reject(failed(reason));
    this.#pending.clear();
  }
}

function failed(reason: string): Failed {
  return new Failed("INTERNAL", `pixels: ${reason}`, { retryable: true });
}
