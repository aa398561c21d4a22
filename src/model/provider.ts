/** ONNX Runtime execution providers that we know how to ask for. */
export const providerNames = ["tensorrt", "cuda", "webgpu", "cpu"] as const;
export type ProviderName = (typeof providerNames)[number];

/** What was asked for one session, what it runs on, and why not on something earlier in the list. */
export interface ProviderOutcome {
  readonly asked: readonly ProviderName[];
  readonly got: ProviderName;
  /** One line for each provider that was passed over. */
  readonly passedOver: readonly string[];
}
