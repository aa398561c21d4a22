import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PromptClassifier } from "../../src/moderation/prompt/classifier.ts";
import { buckets, Features } from "../../src/moderation/prompt/features.ts";
import { readRuleFiles } from "../../src/moderation/prompt/rule-files.ts";
import { Tokeniser } from "../../src/moderation/prompt/tokenise.ts";
import { type Labelled, readSet } from "./prompt-set.ts";

/**
 * Trains the prompt classifier with the tuning sets, or with the files named, and writes its weights beside the rules:
 * `npx tsx eval/moderation/train.ts`. Deterministic.
 */
const rounds = 15;
const rate = 0.3;
const decay = 1e-5;
/** From here on a person looks; up to here rules are overruled if the reader agrees; see README.md for how these were chosen. */
const thresholds = {
  doubtful: 0.82,
  harmless: 0.27,
  readHarmless: 0.12,
  /** What the reader counts beside the classifier. */
  readerShare: 1,
};

interface Trained {
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Logistic regression by stochastic gradient descent with AdaGrad's steps (Duchi et al. 2011). */
function train(prompts: readonly Labelled[], features: Features): Trained {
  const samples = prompts.map(({ prompt, category }) => ({ features: features.of(prompt), goal: category ? 1 : 0 }));
  const weights = new Float64Array(buckets);
  const squares = new Float64Array(buckets);
  let bias = 0;
  let biasSquares = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { features, goal } of shuffled(samples, round)) {
      const norm = 1 / Math.sqrt(features.length);
      let sum = bias;
      for (const feature of features) sum += weights[feature]! * norm;
      const error = 1 / (1 + Math.exp(-sum)) - goal;
      biasSquares += error * error;
      bias -= (rate * error) / Math.sqrt(biasSquares + 1e-6);
      for (const feature of features) {
        const gradient = error * norm + decay * weights[feature]!;
        squares[feature]! += gradient * gradient;
        weights[feature]! -= (rate * gradient) / Math.sqrt(squares[feature]! + 1e-6);
      }
    }
  }
  return { weights, bias };
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const order = [...items];
  let state = seed + 1;
  for (let at = order.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

const tuningSets = ["tuning.txt", "translations.txt"].map((name) => join(import.meta.dirname, name));
const files = process.argv.length > 2 ? process.argv.slice(2) : tuningSets;
const { lexicon } = readRuleFiles();
const { weights, bias } = train(files.flatMap(readSet), new Features(new Tokeniser(lexicon), lexicon.concepts));
const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127;
const rounded = Int8Array.from(weights, (weight) => Math.round(weight / scale));
const base64 = Buffer.from(rounded.buffer).toString("base64");
writeFileSync(
  PromptClassifier.file,
  `${JSON.stringify({ format: 3, ...thresholds, bias, scale, weights: base64 }, null, 2)}\n`,
);
