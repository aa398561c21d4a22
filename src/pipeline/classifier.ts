import { basename, join } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { exists } from "../core/exists.ts";
import type { RgbImage } from "../core/image.ts";
import { labelNames, labelsSchema } from "./label-names.ts";
import { type FilterName, resize } from "./resize.ts";
import { Session, type SessionOptions } from "./session.ts";
import { readJson } from "./tokenizer-json.ts";

const configSchema = labelsSchema.extend({
  /** `multi_label_classification` scores each label for itself; everything else shares 1 among them. */
  problem_type: z.string().nullish(),
});

const side = z.int().min(16).max(1024);
const triple = z.tuple([z.number(), z.number(), z.number()]);
/** Numbers that stand for Pillow's filters in these files. Nearest (0) and box (4) are not used by classifiers. */
const resamples: Readonly<Record<number, FilterName>> = { 1: "lanczos", 2: "bilinear", 3: "bicubic" };
const preprocessorSchema = z.object({
  size: z.union([
    z.object({ height: side, width: side }),
    side.transform((length) => ({ height: length, width: length })),
  ]),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  do_resize: z.literal(true).default(true),
  // What is cut off is not judged, so a picture could hide there.
  do_center_crop: z.literal(false).default(false),
  do_rescale: z.literal(true).default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.5, 0.5, 0.5]),
  image_std: triple
    .refine((std) => std.every((value) => value > 0), { message: "must be above 0" })
    .default([0.5, 0.5, 0.5]),
});
type Preprocessor = z.infer<typeof preprocessorSchema>;

/** Where exports put the graph. */
const graphFiles = ["model.onnx", "onnx/model.onnx"];
const input = "pixel_values";
const output = "logits";

/**
 * An image classifier of the ViT form, as transformers exports it: `pixel_values` `[1, 3, height, width]` in, `logits`
 * `[1, labels]` out, a picture stretched to one size, scaled and normalized as `preprocessor_config.json` says.
 */
export class Classifier implements AsyncDisposable {
  readonly #session: Session<"classifier">;
  readonly #labels: readonly string[];
  readonly #independent: boolean;
  readonly #preprocessor: Preprocessor;

  private constructor(
    session: Session<"classifier">,
    labels: readonly string[],
    independent: boolean,
    preprocessor: Preprocessor,
  ) {
    this.#session = session;
    this.#labels = labels;
    this.#independent = independent;
    this.#preprocessor = preprocessor;
  }

  /** Throws `Refused` BAD_MODEL that says what in the folder is missing or of another form. */
  static async open(folder: string, options: SessionOptions): Promise<Classifier> {
    const refuse = (why: string) => new Refused("BAD_MODEL", `classifier ${basename(folder)}: ${why}`);
    const config = await readJson(folder, "config.json", configSchema);
    const preprocessor = await readJson(folder, "preprocessor_config.json", preprocessorSchema);
    if (config === undefined) throw refuse("config.json is missing");
    if (preprocessor === undefined) throw refuse("preprocessor_config.json is missing");
    const labels = labelNames(config);
    if (labels === undefined) throw refuse("id2label must name labels 0, 1, 2 … once each");
    const session = await Session.openClassifier(await graphIn(folder, refuse), options);
    const { inputs, outputs } = session.names;
    if (inputs.length !== 1 || inputs[0] !== input || !outputs.includes(output)) {
      await session[Symbol.asyncDispose]();
      throw refuse(`the graph must take ${input} alone and give ${output}; it takes ${inputs} and gives ${outputs}`);
    }
    return new Classifier(session, labels, config.problem_type === "multi_label_classification", preprocessor);
  }

  /** Scores 0…1 by label. Throws `Refused` BAD_MODEL when the graph gives something else than one number for each. */
  async classify(image: RgbImage): Promise<Record<string, number>> {
    const { width, height } = this.#preprocessor.size;
    const feeds = { [input]: { data: pixelValues(image, this.#preprocessor), dims: [1, 3, height, width] } };
    const { logits } = await this.#session.run(feeds, [output]);
    if (logits?.length !== this.#labels.length || !logits.every(Number.isFinite)) {
      throw new Refused("BAD_MODEL", `a classifier gave no ${this.#labels.length} finite logits`);
    }
    const scores = this.#independent ? Array.from(logits, sigmoid) : softmax(logits);
    return Object.fromEntries(this.#labels.map((label, i) => [label, scores[i]!]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

async function graphIn(folder: string, refuse: (why: string) => Refused): Promise<string> {
  for (const file of graphFiles) {
    if (await exists(join(folder, file))) return join(folder, file);
  }
  throw refuse(`neither ${graphFiles.join(" nor ")} is there`);
}

/** `[3, height, width]`. */
function pixelValues(image: RgbImage, preprocessor: Preprocessor): Float32Array {
  const { size, resample, rescale_factor, do_normalize, image_mean, image_std } = preprocessor;
  const data = resize(image.data, { ...image, channels: 3 }, size, resamples[resample]!);
  const area = size.width * size.height;
  const values = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    const [mean, std] = do_normalize ? [image_mean[c]!, image_std[c]!] : [0, 1];
    const table = Float32Array.from({ length: 256 }, (_, byte) => (byte * rescale_factor - mean) / std);
    for (let i = 0; i < area; i += 1) values[c * area + i] = table[data[i * 3 + c]!]!;
  }
  return values;
}

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
