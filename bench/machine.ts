import { cpus, loadavg, totalmem } from "node:os";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { Graph } from "../src/onnx/graph.ts";

const side = 2048;

/** The machine's own float32 matrix rate through ONNX Runtime, to hold everything else against. */
export class MatrixRate implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #feeds: Record<string, Tensor>;

  private constructor(session: InferenceSession, feeds: Record<string, Tensor>) {
    this.#session = session;
    this.#feeds = feeds;
  }

  static async open(): Promise<MatrixRate> {
    const graph = new Graph("matrix_rate");
    const values = Float32Array.from({ length: side * side }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5);
    const x = graph.input("x", "float32", [side, side]);
    const product = graph.node("Gemm", [x, graph.constant("float32", values, [side, side])]);
    // One number comes out, so that no memory is moved but the product's own.
    graph.output(graph.node("ReduceMax", [product], { keepdims: 0 }), "y", "float32", []);
    const session = await InferenceSession.create(graph.encode("/"), { executionProviders: ["cpu"] });
    return new MatrixRate(session, { x: new Tensor("float32", values, [side, side]) });
  }

  /** GFLOP/s of one product of two 2048² matrices, the best of `runs`. */
  async measure(runs = 3): Promise<number> {
    const ms = await best(runs, () => this.#session.run(this.#feeds));
    return (2 * side ** 3) / ms / 1e6;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** Milliseconds of the quickest of some runs: what others on the machine take away is not ours. */
export async function best(runs: number, work: () => Promise<unknown>): Promise<number> {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i += 1) {
    const started = performance.now();
    await work();
    ms = Math.min(ms, performance.now() - started);
  }
  return ms;
}

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    onnxruntime: env.versions.node,
    memoryBytes: totalmem(),
    /** Others on the machine when the benchmark began or ended. */
    loadAverage: loadavg()[0],
  };
}
