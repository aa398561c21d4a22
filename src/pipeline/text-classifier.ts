import { basename, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { labelNames, labelsSchema } from "./label-names.ts";
import { Session, type SessionOptions } from "./session.ts";
import { readJson } from "./tokenizer-json.ts";

/** A word, a sign, or a letter of a script that is written without spaces. */
const wordOrSign =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu;
/**
 * What a text may have at most to be in a language that the classifier has read: ids for each word or sign (English has 1.0,
 * others 1.5 to 2.5; more are letters, not words), and the share of ids that stand for signs without an id.
 */
const idsPerWordMax = 3.3;
const unknownShareMax = 0.25;

/** Ids that are read at once, a start and an end token among them: what the classifier has learnt from was no longer. */
const idsMax = 128;
/** Ids that two windows of a longer text share, so that what is cut in one is whole in the other. */
const idsShared = 32;

/**
 * A classifier of texts of the BERT form: `input_ids` `[1, ids]` in, `logits` `[1, labels]` out, each the logarithm of the
 * odds that its label holds. Its folder holds `config.json` (`id2label`), `tokenizer.json` and `model.onnx`.
 */
export class TextClassifier implements AsyncDisposable {
  readonly #session: Session<"classifier">;
  readonly #tokenizer: Tokenizer;
  readonly #labels: readonly string[];
  /** The id of what has none. */
  readonly #unknown: number | undefined;

  private constructor(session: Session<"classifier">, tokenizer: Tokenizer, labels: readonly string[]) {
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#labels = labels;
    this.#unknown = tokenizer.token_to_id("[UNK]");
  }

  /** Throws `Refused` BAD_MODEL that says what in the folder is missing or of another form. */
  static async open(folder: string, options: SessionOptions): Promise<TextClassifier> {
    const refuse = (why: string) => new Refused("BAD_MODEL", `text classifier ${basename(folder)}: ${why}`);
    const config = await readJson(folder, "config.json", labelsSchema);
    const tokenizer = await readJson(folder, "tokenizer.json", z.looseObject({}));
    if (config === undefined) throw refuse("config.json is missing");
    if (tokenizer === undefined) throw refuse("tokenizer.json is missing");
    const labels = labelNames(config);
    if (labels === undefined) throw refuse("id2label must name labels 0, 1, 2 … once each");
    const session = await Session.openClassifier(join(folder, "model.onnx"), options);
    return new TextClassifier(session, new Tokenizer(tokenizer, {}), labels);
  }

  /**
   * The log-odds of every label; of a text that is longer than a window the highest that a window has. Of none, which says
   * nothing, for a text in a language that it does not know; a part in one counts for even odds. Throws `Refused` BAD_MODEL
   * when the graph gives something else than one number for each.
   */
  async read(text: string): Promise<Record<string, number>> {
    const windows = this.windows(text);
    const known = windows.filter((ids) => this.#knows(text, ids));
    if (known.length === 0) return {};
    const highest = this.#labels.map(() => (known.length < windows.length ? 0 : Number.NEGATIVE_INFINITY));
    for (const ids of known) {
      for (const [i, logit] of (await this.#logits(ids)).entries()) highest[i] = Math.max(highest[i]!, logit);
    }
    return Object.fromEntries(this.#labels.map((label, i) => [label, highest[i]!]));
  }

  /** The ids of a text, each window of them from start token to end token: one unless it is long. */
  windows(text: string): readonly (readonly number[])[] {
    const { ids } = this.#tokenizer.encode(text);
    const inner = ids.slice(1, -1);
    const windows = [];
    let from = 0;
    do {
      windows.push([ids[0]!, ...inner.slice(from, from + idsMax - 2), ids.at(-1)!]);
      from += idsMax - 2 - idsShared;
    } while (from + idsShared < inner.length);
    return windows;
  }

  async #logits(ids: readonly number[]): Promise<Float32Array> {
    const feeds = { input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] } };
    const { logits } = await this.#session.run(feeds, ["logits"]);
    if (logits?.length !== this.#labels.length || !logits.every(Number.isFinite)) {
      throw new Refused("BAD_MODEL", `a text classifier gave no ${this.#labels.length} finite logits`);
    }
    return logits;
  }

  /** @param ids a window of the text; one that fills it is long enough to be taken for words */
  #knows(text: string, ids: readonly number[]): boolean {
    const words = text.match(wordOrSign)?.length ?? 0;
    const unknown = ids.filter((id) => id === this.#unknown).length;
    if (words === 0 || unknown > unknownShareMax * ids.length) return false;
    return ids.length === idsMax || ids.length - 2 <= idsPerWordMax * words;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
