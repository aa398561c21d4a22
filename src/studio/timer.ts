/** Milliseconds since 1970, asleep or awake. */
export function now(): number {
  return Date.now();
}

/** Calls back once after `ms`; the function returned calls it off. */
export function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
