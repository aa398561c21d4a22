/** Runs remembered per point. The median of nine is not moved by four hiccups, and follows a lasting change after five. */
const window = 9;

/** The median of the latest observations; of an even number the lower middle, since a first run is rather slow than fast. */
export class RecentMedian {
  readonly #recent: number[];
  #median: number | undefined;

  constructor(recent: readonly number[] = []) {
    this.#recent = recent.slice(-window);
    this.#refresh();
  }

  get value(): number | undefined {
    return this.#median;
  }

  get count(): number {
    return this.#recent.length;
  }

  observe(value: number): void {
    this.#recent.push(value);
    if (this.#recent.length > window) this.#recent.shift();
    this.#refresh();
  }

  toJSON(): number[] {
    return [...this.#recent];
  }

  #refresh(): void {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    this.#median = sorted[(sorted.length - 1) >> 1];
  }
}

export interface CurvePoint {
  /** Rows of the step. */
  readonly rows: number;
  /** Milliseconds that such a step takes. */
  readonly ms: number;
}

/**
 * T(B): milliseconds of one step by its rows, of one bucket. Points come from real steps; between them it is straight,
 * never falls, and promises nothing that was not measured: beyond the last point rows cost what they cost there.
 */
export class Curve {
  readonly #points = new Map<number, RecentMedian>();
  #fit: readonly CurvePoint[] = [];
  /** Answers for whole rows since the last fit. */
  #known: number[] = [];

  constructor(points: Iterable<readonly [number, readonly number[]]> = []) {
    for (const [rows, recent] of points) if (recent.length > 0) this.#points.set(rows, new RecentMedian(recent));
    this.#fit = risingFit(this.#points);
  }

  /** The fitted points, by rising rows. */
  get points(): readonly CurvePoint[] {
    return this.#fit;
  }

  /** Whether a step of exactly so many rows was ever seen. */
  measured(rows: number): boolean {
    return this.#points.has(rows);
  }

  /**
   * Takes in a step. `expectedMs`, what was believed of a point never seen before, counts like two runs: one hiccup
   * cannot teach a false point, three real runs outvote the belief.
   */
  observe(rows: number, ms: number, expectedMs?: number): void {
    let point = this.#points.get(rows);
    if (point === undefined) {
      point = new RecentMedian(expectedMs === undefined ? [] : [expectedMs, expectedMs]);
      this.#points.set(rows, point);
    }
    const before = point.value;
    point.observe(ms);
    if (point.value === before) return;
    this.#fit = risingFit(this.#points);
    this.#known = [];
  }

  /** Milliseconds of a step of `rows`, which need not be whole; undefined where nothing was ever measured. */
  ms(rows: number): number | undefined {
    if (!Number.isInteger(rows)) return this.#read(rows);
    const known = this.#known[rows];
    if (known !== undefined) return known;
    const ms = this.#read(rows);
    if (ms !== undefined) this.#known[rows] = ms;
    return ms;
  }

  #read(rows: number): number | undefined {
    const fit = this.#fit;
    const first = fit[0];
    if (first === undefined) return undefined;
    const last = fit.at(-1)!;
    if (rows >= last.rows) return (last.ms * rows) / last.rows;
    if (rows <= first.rows) {
      const share = (first.ms * rows) / first.rows;
      return fit[1] === undefined ? share : Math.max(between(first, fit[1], rows), share);
    }
    const above = fit.findIndex((point) => point.rows >= rows);
    return between(fit[above - 1]!, fit[above]!, rows);
  }

  toJSON(): [number, number[]][] {
    return [...this.#points].sort(([a], [b]) => a - b).map(([rows, recent]) => [rows, recent.toJSON()]);
  }
}

function between(a: CurvePoint, b: CurvePoint, rows: number): number {
  return a.ms + ((rows - a.rows) * (b.ms - a.ms)) / (b.rows - a.rows);
}

/** The nearest curve that does not fall (pool adjacent violators): noise must not make more rows look cheaper than fewer. */
function risingFit(points: ReadonlyMap<number, RecentMedian>): readonly CurvePoint[] {
  const pools: { rows: number[]; ms: number; weight: number }[] = [];
  for (const [rows, { value, count }] of [...points].sort(([a], [b]) => a - b)) {
    let pool = { rows: [rows], ms: value!, weight: count };
    for (let below = pools.at(-1); below !== undefined && below.ms > pool.ms; below = pools.at(-1)) {
      pools.pop();
      const weight = below.weight + pool.weight;
      const ms = (below.ms * below.weight + pool.ms * pool.weight) / weight;
      pool = { rows: [...below.rows, ...pool.rows], ms, weight };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ rows, ms }) => rows.map((count) => ({ rows: count, ms })));
}
