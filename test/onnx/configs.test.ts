import { describe, expect, it } from "vitest";
import { parseSchedulerConfig } from "../../src/model/scheduler-config.ts";
import { clipConfig, t5Config } from "../../src/onnx/configs.ts";

describe("what a configuration leaves out", () => {
  it("is as transformers has it", () => {
    const t5 = { model_type: "t5", d_model: 8, d_kv: 4, d_ff: 16, num_heads: 2, num_layers: 1, vocab_size: 32 };
    expect(t5Config.parse(t5)).toMatchObject({
      relative_attention_num_buckets: 32,
      relative_attention_max_distance: 128,
      layer_norm_epsilon: 1e-6,
      feed_forward_proj: "relu",
    });
    const sizes = {
      hidden_size: 8,
      intermediate_size: 16,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      vocab_size: 32,
    };
    expect(clipConfig.parse({ model_type: "clip_text_model", ...sizes })).toMatchObject({
      max_position_embeddings: 77,
      layer_norm_eps: 1e-5,
      hidden_act: "quick_gelu",
      eos_token_id: 49_407,
    });
  });

  it("may be null beside dynamic shifting", () => {
    const config = parseSchedulerConfig({ use_dynamic_shifting: true, shift: null });
    expect(config.shifting.kind).toBe("dynamic");
  });
});
