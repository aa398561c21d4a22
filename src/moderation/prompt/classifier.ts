import { readFileSync } from "node:fs";
import { z } from "zod";
import { sourceFile } from "../../core/program.ts";
import { buckets, type Features } from "./features.ts";
import type { Portion } from "./portions.ts";
import { logOddsOf } from "./reading.ts";
import { dense } from "./split.ts";

/**
 * Prompts of fewer words say little, of others the reader can say nothing, and one of many portions is judged many times:
 * they must leave less doubt to be stopped.
 */
const briefWords = 3;
const lessDoubtful = 0.9;
/** Words of the passages of a prompt that may none be doubtful for the prompt to be harmless, and how far apart they begin. */
const windowWords = 7;
const windowStep = 3;
const passageDoubtful = 0.5;

const weightsForm = z
  .object({
    format: z.literal(3),
    doubtful: z.number().gt(0).lt(1),
    harmless: z.number().gt(0).lt(1),
    /** The same for the reader's probability. */
    readHarmless: z.number().gt(0).lt(1),
    /** What the reader's log-odds count beside the classifier's own. */
    readerShare: z.number().min(0).max(10),
    bias: z.number(),
    scale: z.number().positive(),
    weights: z.base64(),
  })
  .refine(({ harmless, doubtful }) => harmless < doubtful, "harmless must be below doubtful");

/**
 * Logistic regression over a prompt's `Features`, trained by `eval/moderation/train.ts` with the prompts of the tuning
 * set. It finds what is worded as no rule foresaw, and what the weaker rules take for something else than it is.
 */
export class PromptClassifier {
  readonly #features: Features;
  readonly #weights: Int8Array;
  readonly #scale: number;
  readonly #bias: number;
  readonly #doubtful: number;
  readonly #harmless: number;
  readonly #readHarmless: number;
  readonly #readerShare: number;

  /** From the text of a weights file. Throws where it is not one. */
  constructor(text: string, features: Features) {
    const form = weightsForm.parse(JSON.parse(text));
    const bytes = Buffer.from(form.weights, "base64");
    if (bytes.length !== buckets) throw new Error(`prompt classifier: ${bytes.length} weights, must be ${buckets}`);
    this.#features = features;
    this.#weights = new Int8Array(bytes.buffer, bytes.byteOffset, buckets);
    this.#scale = form.scale;
    this.#bias = form.bias;
    this.#doubtful = form.doubtful;
    this.#harmless = form.harmless;
    this.#readHarmless = form.readHarmless;
    this.#readerShare = form.readerShare;
  }

  static readonly file = sourceFile("moderation/prompt/rules/classifier.json");

  static read(): string {
    return readFileSync(PromptClassifier.file, "utf8");
  }

  /**
   * Whether a prompt or a portion of one is worded like violations, to this classifier and to the reader.
   *
   * @param alone it is the whole prompt
   */
  isDoubtful({ text, worded, reading }: Portion, alone: boolean): boolean {
    const read = logOddsOf(reading);
    const saysLittle = read === 0 || !alone || isBrief(text);
    const least = saysLittle ? Math.max(lessDoubtful, this.#doubtful) : this.#doubtful;
    return sigmoid(worded + this.#readerShare * read) >= least;
  }

  /**
   * Whether a prompt is worded like harmless ones, to this classifier and to the reader, each for itself, and doubtful in
   * none of its passages, so that harmless words around others do not hide them.
   */
  isHarmless({ text, worded, reading }: Portion): boolean {
    if (sigmoid(logOddsOf(reading)) > this.#readHarmless || sigmoid(worded) > this.#harmless) return false;
    const passages = passagesOf(text).map((passage) => this.logOdds(passage));
    return [worded, ...passages].every((logOdds) => sigmoid(logOdds) < passageDoubtful);
  }

  /** The logarithm of the odds that a prompt breaks a rule, by its words alone. */
  logOdds(prompt: string): number {
    const features = this.#features.of(prompt);
    let sum = 0;
    for (const feature of features) sum += this.#weights[feature]!;
    return this.#bias + (sum * this.#scale) / Math.sqrt(Math.max(1, features.length));
  }
}

function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** In scripts without spaces a run of letters is not one word. */
function isBrief(prompt: string): boolean {
  return !dense.test(prompt) && prompt.trim().split(/\s+/).length < briefWords;
}

/** Of a prompt that is longer than one. */
function passagesOf(prompt: string): string[] {
  const words = prompt.split(/\s+/);
  const passages: string[] = [];
  if (words.length <= windowWords) return passages;
  for (let from = 0; from < words.length - windowStep; from += windowStep) {
    passages.push(words.slice(from, from + windowWords).join(" "));
  }
  return passages;
}
