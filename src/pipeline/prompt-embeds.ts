/** What the transformer is told about one prompt. */
export interface PromptEmbeds {
  /** T5 states, padding included: `[textSeqLen, jointAttentionDim]`. */
  readonly promptEmbeds: Float32Array;
  /** CLIP's pooled row: `[pooledProjectionDim]`. */
  readonly pooledPromptEmbeds: Float32Array;
}
