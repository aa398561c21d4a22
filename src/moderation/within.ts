import type { Clock } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";

/** Waits for work at most `ms`, whether it heeds its signal or not; then, or when `signal` aborts, rejects. */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const until = AbortSignal.any([signal, late.signal]);
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(until.reason);
    if (until.aborted) end();
    until.addEventListener("abort", end, { once: true });
  });
  const callOff = clock.after(ms, () =>
    late.abort(new Failed("INTERNAL", `no answer within ${ms} ms`, { retryable: true })),
  );
  try {
    return await Promise.race([ended, work(until)]);
  } finally {
    callOff();
  }
}
