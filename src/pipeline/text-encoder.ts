import { Refused } from "../core/errors.ts";
import type { PromptEmbeds } from "./prompt-embeds.ts";
import type { Session } from "./session.ts";
import type { PromptTokenizer } from "./tokenizer.ts";

/** Turns prompts into what the transformer is told: T5's states and CLIP's pooled row. */
export class TextEncoder {
  readonly #clip: Session;
  readonly #t5: Session;
  readonly #tokenizers: { clip: PromptTokenizer; t5: PromptTokenizer } | null;

  constructor(clip: Session, t5: Session, tokenizers: { clip: PromptTokenizer; t5: PromptTokenizer } | null) {
    this.#clip = clip;
    this.#t5 = t5;
    this.#tokenizers = tokenizers;
  }

  /** Throws `Refused` MODEL_UNAVAILABLE when the checkpoint came without tokenizers. */
  async encode(prompt: string): Promise<PromptEmbeds> {
    if (this.#tokenizers === null) {
      throw new Refused("MODEL_UNAVAILABLE", "this model was imported without tokenizers, so it can read no prompt");
    }
    const { clip, t5 } = this.#tokenizers;
    return this.encodeIds(clip.encode(prompt), t5.encode(prompt));
  }

  /** The same from token ids, each already cut and padded: `[clip tokens]` and `[t5 tokens]`. */
  async encodeIds(clipIds: Int32Array, t5Ids: Int32Array): Promise<PromptEmbeds> {
    const feed = (ids: Int32Array) => ({ input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] } });
    const clip = await this.#clip.run(feed(clipIds), ["pooled"]);
    const t5 = await this.#t5.run(feed(t5Ids));
    return { promptEmbeds: t5.last_hidden_state!, pooledPromptEmbeds: clip.pooled! };
  }
}
