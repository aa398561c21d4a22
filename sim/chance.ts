/** Chance from a seed, so that every run replays. */
export interface Chance {
  /** 0 ≤ x < 1. */
  uniform(): number;
  /** 0 ≤ n < below. */
  whole(below: number): number;
  pick<T>(items: readonly T[]): T;
  /** Mean `mean`, above 0: the gaps of a Poisson process. */
  exponential(mean: number): number;
}

/** splitmix32: each seed is a stream of its own, which matters when seeds are 0, 1, 2 … */
export function chance(seed: number): Chance {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(uniform() * below);
  return {
    uniform,
    whole,
    pick: (items) => items[whole(items.length)]!,
    exponential: (mean) => -mean * Math.log(1 - uniform()),
  };
}
