/** Tells late answers from new ones, thing by thing. */
export class Turns {
  #asked = 0;
  readonly #shown = new Map<string, number>();

  /** Begins a question. What it gives says of its answer whether it is news of a thing: nothing that was asked later is shown. */
  take(): (id: string) => boolean {
    this.#asked += 1;
    const turn = this.#asked;
    return (id) => {
      if (turn < (this.#shown.get(id) ?? 0)) return false;
      this.#shown.set(id, turn);
      return true;
    };
  }
}
