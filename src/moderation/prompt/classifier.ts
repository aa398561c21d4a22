import { readFileSync } from "node:fs";
import { z } from "zod";
import { sourceFile } from "../../core/program.ts";
import { hashOf } from "./lexicon.ts";
import { normalise } from "./normalise.ts";

/** Features are hashed to this many weights. */
export const buckets = 1 << 16;
/** Characters from which on a prompt says too many things for a bag of words, which learnt from short ones. */
const lengthMax = 400;

const weightsForm = z.object({
  format: z.literal(1),
  threshold: z.number().gt(0).lt(1),
  bias: z.number(),
  scale: z.number().positive(),
  weights: z.base64(),
});

/**
 * Logistic regression over words, pairs of words and runs of three to five letters, trained by `eval/moderation/train.ts`
 * with the prompts of the tuning set. It finds what is worded as no rule foresaw, and serves to send that to a person.
 */
export class PromptClassifier {
  readonly #weights: Int8Array;
  readonly #scale: number;
  readonly #bias: number;
  /** The probability from which on a prompt is doubtful. */
  readonly threshold: number;

  /** From the text of a weights file. Throws where it is not one. */
  constructor(text: string) {
    const { weights, scale, bias, threshold } = weightsForm.parse(JSON.parse(text));
    const bytes = Buffer.from(weights, "base64");
    if (bytes.length !== buckets) throw new Error(`prompt classifier: ${bytes.length} weights, must be ${buckets}`);
    this.#weights = new Int8Array(bytes.buffer, bytes.byteOffset, buckets);
    this.#scale = scale;
    this.#bias = bias;
    this.threshold = threshold;
  }

  static readonly file = sourceFile("moderation/prompt/rules/classifier.json");

  static read(): string {
    return readFileSync(PromptClassifier.file, "utf8");
  }

  /** The probability, 0…1, that a prompt breaks a rule; 0 for prompts that are too long to say. */
  probability(prompt: string): number {
    if (prompt.length > lengthMax) return 0;
    const features = featuresOf(prompt);
    let sum = 0;
    for (const feature of features) sum += this.#weights[feature]!;
    return 1 / (1 + Math.exp(-this.#bias - (sum * this.#scale) / Math.sqrt(features.length)));
  }
}

/** The numbers of a prompt's features, 0…`buckets` − 1, each once. */
export function featuresOf(prompt: string): number[] {
  const found = new Set<number>();
  const add = (feature: string) => found.add(hashOf(feature) & (buckets - 1));
  const words = normalise(prompt).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  for (const [at, word] of words.entries()) {
    add(`w${word}`);
    if (at > 0) add(`b${words[at - 1]} ${word}`);
    if (at > 1) add(`s${words[at - 2]} ${word}`);
    const whole = `^${word}$`;
    for (let length = 3; length <= 5; length++) {
      for (let from = 0; from + length <= whole.length; from++) add(`c${whole.slice(from, from + length)}`);
    }
  }
  return [...found];
}
