import type { Estimate, Interval } from "./job.ts";

/** What running forward gave; moments of the clock. */
export interface Foreseen {
  readonly begin: number;
  readonly end: number;
  readonly position: number;
}

export interface CalibrationReport {
  /** Edits that ended after an interval had been told, and for how many of them it held the truth. */
  readonly told: number;
  readonly within: number;
}

/** Ratios of the truth to the estimate that are remembered, of each kind. */
const remembered = 200;

/** Fewer teach nothing yet. */
const rememberedMin = 20;

/** The told interval leaves out so much at either end. */
const tail = 0.05;

/** Until enough was seen: costs differ by a fifth, and later edits may go first. */
const priorRatios = { low: 0.8, high: 1.6 };

/** How far the truth was from estimates of one kind. */
class Ratios {
  readonly #recent: number[] = [];
  #sorted: number[] | undefined;

  observe(ratio: number): void {
    this.#recent.push(ratio);
    if (this.#recent.length > remembered) this.#recent.shift();
    this.#sorted = undefined;
  }

  get range(): { readonly low: number; readonly high: number } {
    const count = this.#recent.length;
    if (count < rememberedMin) return priorRatios;
    this.#sorted ??= [...this.#recent].sort((a, b) => a - b);
    const at = (share: number) => this.#sorted![Math.round(share * (count - 1))]!;
    return { low: Math.min(1, at(tail)), high: Math.max(1, at(1 - tail)) };
  }
}

/**
 * Running forward knows nothing of what comes later. How far the truth then was from it, lately, is the interval that is
 * told with every estimate; of edits that wait and edits that run apart.
 */
export class Calibration {
  readonly #waiting = new Ratios();
  readonly #running = new Ratios();
  /** The first estimate told of each edit, of either kind. */
  readonly #told = new Map<
    string,
    Map<Ratios, { readonly at: number; readonly end: number; readonly interval: Interval }>
  >();
  #count = 0;
  #within = 0;

  interval({ begin, end, position }: Foreseen, now: number): Estimate {
    const { low, high } = this.#ratios(position).range;
    const around = (moment: number): Interval => {
      const likely = Math.max(0, moment - now);
      return { low: likely * low, likely, high: likely * high };
    };
    return { position, start: around(begin), end: around(end) };
  }

  /** The estimate, remembered until the edit ends. */
  tell(id: string, foreseen: Foreseen, now: number): Estimate {
    const estimate = this.interval(foreseen, now);
    let told = this.#told.get(id);
    if (told === undefined) {
      told = new Map();
      this.#told.set(id, told);
    }
    const ratios = this.#ratios(foreseen.position);
    if (!told.has(ratios)) told.set(ratios, { at: now, end: foreseen.end, interval: estimate.end });
    return estimate;
  }

  ended(id: string, now: number): void {
    for (const [ratios, { at, end, interval }] of this.#told.get(id) ?? []) {
      const truth = now - at;
      if (end > at) ratios.observe(truth / (end - at));
      this.#count += 1;
      if (truth >= interval.low && truth <= interval.high) this.#within += 1;
    }
    this.forget(id);
  }

  forget(id: string): void {
    this.#told.delete(id);
  }

  report(): CalibrationReport {
    return { told: this.#count, within: this.#within };
  }

  #ratios(position: number): Ratios {
    return position === 0 ? this.#running : this.#waiting;
  }
}
