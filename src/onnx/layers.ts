import { type Attribute, Graph, type Value } from "./graph.ts";
import type { TensorView, WeightType } from "./safetensors.ts";
import type { Weights } from "./weights.ts";

/** The largest finite number of 16 bits. */
const float16Max = 65_504;

/**
 * The layers that all five networks are made of, over one graph and one set of weights.
 *
 * Values are `[batch, tokens, channels]` in `compute`, the type of the matrix products. Norms, rotary embedding and
 * everything else whose rounding matters run in float32, whatever `compute` is.
 */
export class Layers {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly compute: WeightType;

  constructor(name: string, weights: Weights, compute: WeightType) {
    this.graph = new Graph(name);
    this.weights = weights;
    this.compute = compute;
  }

  /** A weight cast to `type` inside the graph where it is stored in another. */
  weight(name: string, shape: readonly number[], type: WeightType = this.compute): Value {
    return this.#place(name, this.weights.take(name, shape), type);
  }

  #place(name: string, view: TensorView, type: WeightType): Value {
    const stored = view.type ?? "float32";
    const value = this.graph.weight(name, view, stored);
    return stored === type ? value : this.graph.cast(value, type);
  }

  /** The leading two sides of `x` and -1: the shape that brings flattened tokens back to `[batch, tokens, …]`. */
  tokensShape(x: Value): Value {
    const { graph } = this;
    const leading = graph.node("Shape", [x], { start: 0, end: 2 });
    return graph.node("Concat", [leading, graph.constant("int64", [-1], [1])], { axis: 0 });
  }

  /**
   * `x @ W^T + b` over the last axis. Gemm with transB reads a weight as it is stored, `[out, in]`, and adds the bias
   * in the same pass; so nothing of the checkpoint is transposed or copied. Rows `rows` of a larger weight can be
   * taken alone. `tokens` is `tokensShape(x)`, shared by all layers of one stream; without it the result stays
   * `[batch * tokens, out]`.
   */
  linear(
    x: Value,
    name: string,
    [inputs, outputs]: readonly [number, number],
    options: { tokens?: Value; bias?: boolean; rows?: readonly [number, number]; type?: WeightType } = {},
  ): Value {
    const { graph, weights } = this;
    const type = options.type ?? this.compute;
    const [from, to] = options.rows ?? [0, outputs];
    const key = (suffix: string) =>
      options.rows === undefined ? `${name}.${suffix}` : `${name}.${suffix}[${from}:${to}]`;
    const weight = weights.takeRows(`${name}.weight`, [outputs, inputs], from, to);
    const operands = [
      graph.node("Reshape", [x, graph.constant("int64", [-1, inputs], [2])]),
      this.#place(key("weight"), weight, type),
    ];
    if (options.bias ?? true) {
      operands.push(this.#place(key("bias"), weights.takeRows(`${name}.bias`, [outputs], from, to), type));
    }
    const y = graph.node("Gemm", operands, { transB: 1 });
    return options.tokens === undefined ? y : graph.node("Reshape", [y, options.tokens]);
  }

  /** Layer norm over the last axis in float32; `scale` and `shift` may be per sample, `[batch, 1, channels]`. */
  layerNorm(x: Value, scale: Value, shift: Value, epsilon: number): Value {
    const normed = this.graph.node("LayerNormalization", [this.wide(x), scale, shift], {
      axis: -1,
      epsilon: { float: epsilon },
    });
    return this.narrow(normed);
  }

  /** Root mean square norm over the last axis with a learned scale, in and out float32. */
  rmsNorm(x: Value, scale: Value, epsilon: number): Value {
    return this.graph.node("SimplifiedLayerNormalization", [this.wide(x), scale], {
      axis: -1,
      epsilon: { float: epsilon },
    });
  }

  /** `x * sigmoid(x)`. */
  silu(x: Value): Value {
    return this.graph.node("QuickGelu", [x], { alpha: { float: 1 } });
  }

  /** Scaled dot-product attention over `[batch, tokens, heads * d]` without a score matrix where the provider can. */
  attention(
    q: Value,
    k: Value,
    v: Value,
    heads: number,
    attributes: Record<string, Attribute> = {},
    bias?: Value,
  ): Value {
    const inputs = bias === undefined ? [q, k, v] : [q, k, v, undefined, undefined, bias];
    return this.graph.node("MultiHeadAttention", inputs, { num_heads: heads, ...attributes });
  }

  add(a: Value, b: Value): Value {
    return this.graph.node("Add", [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.graph.node("Mul", [a, b]);
  }

  /** In float16 what has become infinite becomes its largest number, as diffusers has it for the residual streams of FLUX. */
  bound(x: Value): Value {
    if (this.compute !== "float16") return x;
    const limit = (value: number) => this.narrow(this.graph.constant("float32", [value], []));
    return this.graph.node("Clip", [x, limit(-float16Max), limit(float16Max)]);
  }

  /** To float32. */
  wide(x: Value): Value {
    return this.compute === "float32" ? x : this.graph.cast(x, "float32");
  }

  /** From float32 to the type of the matrix products. */
  narrow(x: Value): Value {
    return this.compute === "float32" ? x : this.graph.cast(x, this.compute);
  }
}
