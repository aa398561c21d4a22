import { sliceRows, type TensorView, type WeightType } from "./safetensors.ts";

/**
 * The tensors of one part of a checkpoint, by their diffusers names. A graph takes each by name and shape;
 * what is missing or misshapen is noted, so that one pass over a graph lists all faults.
 */
export class Weights {
  readonly #part: string;
  readonly #views: ReadonlyMap<string, TensorView>;
  readonly #taken = new Set<string>();
  readonly #faults = new Set<string>();

  constructor(part: string, views: ReadonlyMap<string, TensorView>) {
    this.#part = part;
    this.#views = views;
  }

  /** The view of a tensor; on a fault a view of the right shape that points nowhere. */
  take(name: string, shape: readonly number[]): TensorView {
    this.#taken.add(name);
    const view = this.#views.get(name);
    if (view === undefined) {
      this.#faults.add(`${this.#part}: ${name} is missing (expected [${shape}])`);
    } else if (view.shape.join() !== shape.join()) {
      this.#faults.add(`${this.#part}: ${name} has shape [${view.shape}], the config asks for [${shape}]`);
    } else if (view.type === undefined) {
      this.#faults.add(`${this.#part}: ${name} is ${view.storedType}; F32, F16 or BF16 can be read`);
    } else {
      return view;
    }
    return { file: "", type: "float32", storedType: "F32", shape, offset: 0, length: 0 };
  }

  /** Rows of a tensor whose whole shape is `shape`. */
  takeRows(name: string, shape: readonly number[], from: number, to: number): TensorView {
    const view = this.take(name, shape);
    return view.length === 0 ? { ...view, shape: [to - from, ...shape.slice(1)] } : sliceRows(view, from, to);
  }

  has(name: string): boolean {
    return this.#views.has(name);
  }

  /** One line per fault of what was taken so far. */
  get faults(): readonly string[] {
    return [...this.#faults];
  }

  /** Number of parameters and bytes of the tensors taken. */
  get totals(): { parameters: number; bytes: number } {
    let [parameters, bytes] = [0, 0];
    for (const name of this.#taken) {
      const view = this.#views.get(name);
      if (view === undefined) continue;
      parameters += view.shape.reduce((product, side) => product * side, 1);
      bytes += view.length;
    }
    return { parameters, bytes };
  }
}

/** The type most bytes are stored in: the precision of these tensors. */
export function precisionOf(views: Iterable<TensorView>): WeightType {
  const bytes = new Map<WeightType, number>();
  for (const { type, length } of views) {
    if (type !== undefined) bytes.set(type, (bytes.get(type) ?? 0) + length);
  }
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "float32";
}
