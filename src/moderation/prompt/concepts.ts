/** A set of concepts, one bit each, 32 to a number. All masks of one lexicon have the same length. */
export type Mask = number[];

/** The names of concepts (PERSON, GARMENT, REMOVE …) and their bits. */
export class Concepts {
  readonly #bits = new Map<string, number>();
  readonly #width: number;

  constructor(names: Iterable<string>) {
    for (const name of names) if (name !== "" && !this.#bits.has(name)) this.#bits.set(name, this.#bits.size);
    this.#width = Math.ceil(this.#bits.size / 32);
  }

  /** By bit. */
  get names(): readonly string[] {
    return [...this.#bits.keys()];
  }

  empty(): Mask {
    return new Array<number>(this.#width).fill(0);
  }

  /** Throws where a name is not a concept: a misspelt one in a rule would never match. */
  mask(names: readonly string[]): Mask {
    const mask = this.empty();
    for (const name of names) {
      const bit = this.#bits.get(name);
      if (bit === undefined) throw new Error(`prompt rules: "${name}" is not a concept of any word list`);
      mask[bit >>> 5]! |= 1 << (bit & 31);
    }
    return mask;
  }
}

export function meets(left: Mask, right: Mask): boolean {
  for (let at = 0; at < left.length; at++) if ((left[at]! & right[at]!) !== 0) return true;
  return false;
}

export function join(into: Mask, more: Mask): void {
  for (let at = 0; at < into.length; at++) into[at]! |= more[at]!;
}

export function without(mask: Mask, less: Mask): Mask {
  return mask.map((bits, at) => bits & ~less[at]!);
}

export function isEmpty(mask: Mask): boolean {
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) return false;
  return true;
}

/** The numbers of the bits set. */
export function bitsOf(mask: Mask): number[] {
  const bits: number[] = [];
  for (let at = 0; at < mask.length; at++) {
    for (let rest = mask[at]!; rest !== 0; rest &= rest - 1) bits.push(at * 32 + 31 - Math.clz32(rest & -rest));
  }
  return bits;
}
