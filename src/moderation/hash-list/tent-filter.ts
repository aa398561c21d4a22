/*
 * The blur of PDQ: a box along rows, then along columns, twice, which makes a tent. Boxes are running sums, every addition
 * rounded to float32, for only so do the bits agree with other implementations. A window of n values reaches n / 2 to the
 * left (rounded down, one less for even n) and shrinks at both ends.
 */

/** The window of one box when `length` values become 64: half of what one value of the 64 stands for, rounded up. */
export function windowOf(length: number): number {
  return Math.ceil(length / 128);
}

/** How many values of a window lie at or before its centre's right end: outputs begin once so many have been added. */
function leadOf(window: number): number {
  return Math.floor((window + 2) / 2);
}

/** The box mean of every value of `row`, into `out`. */
export function boxRow(row: Float32Array, out: Float32Array, window: number): void {
  const { length } = row;
  const lead = leadOf(window);
  let sum = 0;
  let write = 0;
  for (let read = 0; read < window; read += 1) {
    sum = Math.fround(sum + row[read]!);
    if (read + 1 >= lead) out[write++] = sum / (read + 1);
  }
  for (let read = window; read < length; read += 1) {
    sum = Math.fround(Math.fround(sum + row[read]!) - row[read - window]!);
    out[write++] = sum / window;
  }
  for (let left = length - window, count = window - 1; write < length; left += 1, count -= 1) {
    sum = Math.fround(sum - row[left]!);
    out[write++] = sum / count;
  }
}

/** The same along columns, a row at a time: holds one window of rows. */
export class ColumnBox {
  readonly #width: number;
  readonly #window: number;
  readonly #lead: number;
  readonly #sums: Float32Array;
  readonly #out: Float32Array;
  /** The last `window` rows, and the one that just came. */
  readonly #held: Float32Array;
  readonly #emit: (row: Float32Array) => void;
  #read = 0;
  #written = 0;

  /** `emit` gets one row for each row pushed, in order; it may keep none of it. */
  constructor(width: number, height: number, emit: (row: Float32Array) => void) {
    this.#width = width;
    this.#window = windowOf(height);
    this.#lead = leadOf(this.#window);
    this.#sums = new Float32Array(width);
    this.#out = new Float32Array(width);
    this.#held = new Float32Array(width * (this.#window + 1));
    this.#emit = emit;
  }

  push(row: Float32Array): void {
    const sums = this.#sums;
    this.#row(this.#read).set(row);
    if (this.#read < this.#window) {
      for (let x = 0; x < sums.length; x += 1) sums[x] = sums[x]! + row[x]!;
    } else {
      const left = this.#row(this.#read - this.#window);
      for (let x = 0; x < sums.length; x += 1) sums[x] = Math.fround(sums[x]! + row[x]!) - left[x]!;
    }
    this.#read += 1;
    if (this.#read >= this.#lead) this.#write(Math.min(this.#read, this.#window));
  }

  /** After the last row: emits what the last windows, which shrink, still owe. */
  finish(): void {
    const sums = this.#sums;
    let left = this.#read - this.#window;
    for (let count = this.#window - 1; this.#written < this.#read; count -= 1, left += 1) {
      const row = this.#row(left);
      for (let x = 0; x < sums.length; x += 1) sums[x] = sums[x]! - row[x]!;
      this.#write(count);
    }
  }

  #row(index: number): Float32Array {
    const at = (index % (this.#window + 1)) * this.#width;
    return this.#held.subarray(at, at + this.#width);
  }

  #write(count: number): void {
    for (let x = 0; x < this.#out.length; x += 1) this.#out[x] = this.#sums[x]! / count;
    this.#written += 1;
    this.#emit(this.#out);
  }
}
