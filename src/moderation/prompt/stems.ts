const keyLetters = 3;

/** Beginnings of words ("undress" for "undressing"), found by their first three letters. */
export class Stems {
  readonly #byKey = new Map<string, { stem: string; number: number }[]>();

  /** The number stored for `stem`, or what `make` returns, stored. */
  add(stem: string, make: () => number): number {
    const key = stem.slice(0, keyLetters);
    const alike = this.#byKey.get(key) ?? [];
    const known = alike.find((each) => each.stem === stem);
    if (known !== undefined) return known.number;
    const number = make();
    this.#byKey.set(key, [...alike, { stem, number }]);
    return number;
  }

  /** Numbers of all stems that `form` begins with. */
  of(form: string): number[] {
    const found: number[] = [];
    for (let letters = 1; letters <= keyLetters && letters <= form.length; letters++) {
      const alike = this.#byKey.get(form.slice(0, letters));
      if (alike === undefined) continue;
      for (const { stem, number } of alike) {
        if (letters < keyLetters ? stem.length === letters : form.startsWith(stem)) found.push(number);
      }
    }
    return found;
  }

  /** The longest stem that `form` begins with; null where there is none. */
  longest(form: string): { length: number; number: number } | null {
    let best: { length: number; number: number } | null = null;
    for (const { stem, number } of this.#byKey.get(form.slice(0, keyLetters)) ?? []) {
      if (form.startsWith(stem) && stem.length > (best?.length ?? 0)) best = { length: stem.length, number };
    }
    return best;
  }
}
