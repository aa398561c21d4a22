import { basename, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { Session, type SessionOptions } from "./session.ts";
import { readJson } from "./tokenizer-json.ts";

/**
 * Ids for each word or sign of a text beyond which it is in a language that the classifier has hardly read: its words fall
 * into pieces. English has 1.1, most other languages 2 and more.
 */
const idsPerWordMax = 1.3;

/** Ids that are read of a text, its first and its last among them; the graph holds positions for more. */
const idsMax = 128;

/**
 * A classifier of texts of the BERT form: `input_ids` `[1, ids]` in, `logits` `[1, 1]` out: the logarithm of the odds that
 * the text is of the kind it was trained to find. Its folder holds `tokenizer.json` and `model.onnx`.
 */
export class TextClassifier implements AsyncDisposable {
  readonly #session: Session<"classifier">;
  readonly #tokenizer: Tokenizer;

  private constructor(session: Session<"classifier">, tokenizer: Tokenizer) {
    this.#session = session;
    this.#tokenizer = tokenizer;
  }

  /** Throws `Refused` BAD_MODEL that says what in the folder is missing or of another form. */
  static async open(folder: string, options: SessionOptions): Promise<TextClassifier> {
    const json = await readJson(folder, "tokenizer.json", z.looseObject({}));
    if (json === undefined) {
      throw new Refused("BAD_MODEL", `text classifier ${basename(folder)}: tokenizer.json is missing`);
    }
    const session = await Session.openClassifier(join(folder, "model.onnx"), options);
    return new TextClassifier(session, new Tokenizer(json, {}));
  }

  /**
   * Of the first 126 word pieces of a text; 0, which says nothing, of one in a language that it does not know. Throws
   * `Refused` BAD_MODEL when the graph gives no finite number.
   */
  async logOdds(text: string): Promise<number> {
    const ids = this.ids(text);
    const words = text.match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu)?.length ?? 0;
    if (words === 0 || (ids.length < idsMax && ids.length - 2 > idsPerWordMax * words)) return 0;
    const feeds = { input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] } };
    const { logits } = await this.#session.run(feeds, ["logits"]);
    const [value] = logits ?? [];
    if (value === undefined || !Number.isFinite(value)) {
      throw new Refused("BAD_MODEL", "a text classifier gave no finite logit");
    }
    return value;
  }

  /** The ids of a text, from its start token to its end token. */
  ids(text: string): readonly number[] {
    const { ids } = this.#tokenizer.encode(text);
    return ids.length <= idsMax ? ids : [...ids.slice(0, idsMax - 1), ids.at(-1)!];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
