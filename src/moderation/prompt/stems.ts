const keyLetters = 3;

/** Beginnings of words ("undress" for "undressing"), found by their first three letters. */
export class Stems {
  readonly #byKey = new Map<string, { stem: string; number: number }[]>();

  get(stem: string): number | undefined {
    return this.#byKey.get(stem.slice(0, keyLetters))?.find((each) => each.stem === stem)?.number;
  }

  set(stem: string, number: number): void {
    const key = stem.slice(0, keyLetters);
    const alike = this.#byKey.get(key);
    if (alike === undefined) this.#byKey.set(key, [{ stem, number }]);
    else alike.push({ stem, number });
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
