import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { t5Config } from "../../src/onnx/configs.ts";
import type { TensorView } from "../../src/onnx/safetensors.ts";
import { buildT5 } from "../../src/onnx/t5-graph.ts";
import { Weights } from "../../src/onnx/weights.ts";

const [width, wide, vocab] = [8, 6, 5];

const config = t5Config.parse({
  model_type: "t5",
  d_model: width,
  d_kv: 4,
  d_ff: wide,
  num_heads: 2,
  num_layers: 1,
  vocab_size: vocab,
  relative_attention_num_buckets: 4,
  layer_norm_epsilon: 1e-6,
  feed_forward_proj: "relu",
});

const block = "encoder.block.0.layer";
const attention = `${block}.0.SelfAttention`;

/** Rows of a tensor, none of them alike; the attention's output is nothing, so that the feed-forward stands alone. */
const shapes: Record<string, readonly [number, number] | readonly [number]> = {
  "shared.weight": [vocab, width],
  [`${attention}.q.weight`]: [width, width],
  [`${attention}.k.weight`]: [width, width],
  [`${attention}.v.weight`]: [width, width],
  [`${attention}.o.weight`]: [width, width],
  [`${attention}.relative_attention_bias.weight`]: [4, 2],
  [`${block}.0.layer_norm.weight`]: [width],
  [`${block}.1.layer_norm.weight`]: [width],
  [`${block}.1.DenseReluDense.wi.weight`]: [wide, width],
  [`${block}.1.DenseReluDense.wo.weight`]: [width, wide],
  "encoder.final_layer_norm.weight": [width],
};

function valuesOf(name: string, nth: number): Float32Array {
  const count = shapes[name]!.reduce((product, side) => product * side, 1);
  return Float32Array.from({ length: count }, (_, i) => (name.includes(".o.") ? 0 : Math.sin(1 + nth * 31 + i * 2.3)));
}

function times(matrix: Float32Array, x: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) =>
    x.reduce((sum, value, i) => sum + value * matrix[row * x.length + i]!, 0),
  );
}

function norm(x: readonly number[], scale: Float32Array): number[] {
  const root = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + config.layer_norm_epsilon);
  return x.map((value, i) => (value / root) * scale[i]!);
}

it("of the first T5 has one projection and a ReLU where v1.1 has a gate", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-t5-"));
  try {
    const values = Object.fromEntries(Object.keys(shapes).map((name, nth) => [name, valuesOf(name, nth)]));
    const file = join(folder, "weights.bin");
    const views = new Map<string, TensorView>();
    let offset = 0;
    for (const [name, shape] of Object.entries(shapes)) {
      const { byteLength: length } = values[name]!;
      views.set(name, { file, type: "float32", storedType: "F32", shape, offset, length });
      offset += length;
    }
    await writeFile(file, Buffer.concat(Object.values(values).map(({ buffer }) => Buffer.from(buffer as ArrayBuffer))));
    const weights = new Weights("t5", views);
    const graph = buildT5(config, weights, { compute: "float32" });
    expect(weights.faults).toEqual([]);
    await writeFile(join(folder, "t5.onnx"), graph.encode(folder));
    const session = await InferenceSession.create(join(folder, "t5.onnx"), { executionProviders: ["cpu"] });
    const ids = [3, 1, 4];
    const input = { input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, 3]) };
    const { last_hidden_state: out } = await session.run(input);
    await session.release();
    const wanted = ids.flatMap((id) => {
      const x = [...values["shared.weight"]!.subarray(id * width, (id + 1) * width)];
      const z = norm(x, values[`${block}.1.layer_norm.weight`]!);
      const raised = times(values[`${block}.1.DenseReluDense.wi.weight`]!, z, wide).map((value) => Math.max(0, value));
      const added = times(values[`${block}.1.DenseReluDense.wo.weight`]!, raised, width);
      return norm(
        x.map((value, i) => value + added[i]!),
        values["encoder.final_layer_norm.weight"]!,
      );
    });
    for (const [i, value] of (out!.data as Float32Array).entries()) expect(value).toBeCloseTo(wanted[i]!, 5);
  } finally {
    await rm(folder, { recursive: true });
  }
});
