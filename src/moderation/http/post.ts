import type { Clock } from "../../core/clock.ts";
import { Failed } from "../../core/errors.ts";
import { within } from "../within.ts";

/** Bytes of an answer that are read: scores of some hundred labels take 20 KB. */
const answerBytesMax = 256 * 1024;

/** Before the second attempt, doubled before each further one; a random half of it is left off. */
const pauseMs = 200;

export interface PostOptions {
  readonly clock: Clock;
  /** 0…1, evenly. */
  readonly chance: () => number;
  readonly attempts: number;
  /** For one attempt, to the last byte of the answer. */
  readonly attemptMs: number;
}

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FormData;
}

/**
 * Posts and reads the JSON that comes back. What may pass by itself (no connection, 429, 5xx, no answer in time) is tried
 * again. Throws `Failed` with nothing in it of the address, the key, the content or the answer.
 */
export async function post(outgoing: Outgoing, options: PostOptions, signal: AbortSignal): Promise<unknown> {
  const { clock, chance, attempts, attemptMs } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await within(clock, attemptMs, signal, (until) => postOnce(outgoing, until));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failed = error instanceof Failed ? error : unreachable(error);
      if (!failed.retryable || attempt >= attempts) throw failed;
      await pause(clock, pauseMs * 2 ** (attempt - 1) * (1 - chance() / 2), signal);
    }
  }
}

async function postOnce({ url, headers, body }: Outgoing, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
  if (!answer.ok) {
    await answer.body?.cancel();
    const retryable = answer.status === 429 || answer.status >= 500;
    throw new Failed("INTERNAL", `it answered with HTTP ${answer.status}`, { retryable });
  }
  const text = await readText(answer);
  try {
    return JSON.parse(text);
  } catch {
    throw new Failed("INTERNAL", "its answer is no JSON", { retryable: false });
  }
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) {
      throw new Failed("INTERNAL", `its answer has more than ${answerBytesMax} bytes`, { retryable: false });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The texts of connection errors name addresses. */
function unreachable(cause: unknown): Failed {
  return new Failed("INTERNAL", "it cannot be reached, or the connection broke", { retryable: true, cause });
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = () => {
      callOff();
      reject(signal.reason);
    };
    const callOff = clock.after(ms, () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
    signal.addEventListener("abort", end, { once: true });
  });
}
