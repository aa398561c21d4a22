import { Classifier } from "../../pipeline/classifier.ts";
import type { SessionOptions } from "../../pipeline/session.ts";
import { classifiersMax } from "../limits.ts";

/** The classifiers that are open, by folder, the one used last at the end. */
export class Classifiers implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #open = new Map<string, Classifier>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async get(folder: string): Promise<Classifier> {
    const known = this.#open.get(folder);
    this.#open.delete(folder);
    const [oldest] = this.#open;
    if (known === undefined && oldest !== undefined && this.#open.size >= classifiersMax) {
      this.#open.delete(oldest[0]);
      await oldest[1][Symbol.asyncDispose]();
    }
    const classifier = known ?? (await Classifier.open(folder, this.#options));
    this.#open.set(folder, classifier);
    return classifier;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const classifier of open) await classifier[Symbol.asyncDispose]();
  }
}
