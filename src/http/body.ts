import type { Clock } from "../core/clock.ts";
import { HttpRefused } from "./error-answer.ts";
import type { Exchange } from "./exchange.ts";

/** The declared length of the body; undefined when it comes in chunks. Node has checked that it is a number. */
export function contentLength(exchange: Exchange): number | undefined {
  const header = exchange.request.headers["content-length"];
  return header === undefined ? undefined : Number(header);
}

/** A sender has ten seconds, and one more for every 128 KiB: 1 Mbit/s. */
const beginMs = 10_000;
const bytesPerMs = (128 * 1024) / 1000;
/** After which whoever was too slow may try again. */
const retryMs = 1_000;

/**
 * Reads a body of at most `bytesMax` bytes. Throws `HttpRefused` 413 as soon as it is longer, 408 when its sender takes
 * longer than a slow line would, so that nobody keeps others out by sending hardly anything, and 400 when the client breaks
 * off.
 */
export async function readBody(exchange: Exchange, bytesMax: number, clock: Clock): Promise<Buffer> {
  const tooLong = () => new HttpRefused(413, "BAD_INPUT", `the body is longer than ${bytesMax} bytes`);
  const declared = contentLength(exchange);
  if (declared !== undefined && declared > bytesMax) throw tooLong();
  const { request } = exchange;
  const brokenOff = () => new HttpRefused(400, "BAD_INPUT", "the request broke off");
  // It has told of its end already, and will not do so again.
  if (request.destroyed && !request.readableEnded) throw brokenOff();
  exchange.welcomeBody();
  let callOff = () => {};
  const whole = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (why: HttpRefused) => {
      request.removeAllListeners("data");
      reject(why);
    };
    const tooSlow = () => new HttpRefused(408, "BAD_INPUT", "the body came too slowly; send it again", {}, retryMs);
    callOff = clock.after(beginMs + (declared ?? bytesMax) / bytesPerMs, () => refuse(tooSlow()));
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > bytesMax) refuse(tooLong());
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)));
    request.on("close", () => {
      if (!request.readableEnded) reject(brokenOff());
    });
  });
  return whole.finally(callOff);
}
