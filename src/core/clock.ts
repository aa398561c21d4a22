/** Time as an argument, so that waits can be tested without waiting. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** The calendar's time, for what is stored, signed or shown; may be set back. */
  date(): Date;
  /** Calls back once after `ms`; the function returned calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest that a timer of Node waits, about 25 days; it takes more for 1 ms. */
const timerMsMax = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, callback) => {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      if (leftMs <= timerMsMax) timer = setTimeout(callback, leftMs);
      else timer = setTimeout(() => arm(leftMs - timerMsMax), timerMsMax);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Lets everything that waits on the event loop go first, arriving messages too. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Pieces of a work over `length` things, as where each begins and where it ends, itself not in it: `size` of them take some
 * milliseconds, and the event loop goes on before the next.
 */
export async function* inPieces(length: number, size: number): AsyncGenerator<readonly [from: number, to: number]> {
  for (let from = 0; from < length; from += size) {
    if (from > 0) await nextTurn();
    yield [from, Math.min(from + size, length)];
  }
}

/** Waits `ms`, or until the signal aborts, which ends the wait and is no error. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      callOff();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const callOff = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}

/**
 * Calls `work` every `ms`, never twice at once, until it is disposed of, which waits for a call under way. Errors go to
 * `onError`.
 */
export function every(
  clock: Clock,
  ms: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): AsyncDisposable {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let callOff = () => {};
  const arm = () => {
    callOff = clock.after(ms, () => {
      running = work()
        .catch(onError)
        .then(() => {
          if (!stopped) arm();
        });
    });
  };
  arm();
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      callOff();
      await running;
    },
  };
}
