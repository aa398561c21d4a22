import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { Graph } from "../../src/onnx/graph.ts";
import { importModel } from "../../src/onnx/import-model.ts";
import { Layers } from "../../src/onnx/layers.ts";
import { Weights } from "../../src/onnx/weights.ts";
import { checkpointConfigs, writeRandomCheckpoint } from "../support/random-checkpoint.ts";

/** Opens a graph on the CPU; the error's first line, or nothing when it opens. */
async function open(graph: string, weights: string): Promise<string | undefined> {
  const extra = { session: { model_external_initializers_file_folder_path: weights } };
  try {
    const session = await InferenceSession.create(graph, { executionProviders: ["cpu"], extra });
    await session.release();
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

const missingKernel = /Could not find an implementation/;

describe("graphs that multiply in 16 bits", () => {
  it("would fail otherwise than for a missing kernel if types did not fit", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-native-"));
    try {
      const graph = new Graph("unsound");
      const x = graph.input("x", "float32", ["n"]);
      graph.output(graph.node("Add", [x, graph.cast(x, "bfloat16")]), "y", "float32", ["n"]);
      await writeFile(join(folder, "unsound.onnx"), graph.encode(folder));
      expect(await open(join(folder, "unsound.onnx"), folder)).toMatch(/Type Error/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("go on with float16's largest number where a residual becomes infinite", async () => {
    const layers = new Layers("overflow", new Weights("overflow", new Map()), "float16");
    const x = layers.narrow(layers.graph.input("x", "float32", ["n"]));
    layers.graph.output(layers.wide(layers.bound(layers.mul(x, layers.mul(x, x)))), "y", "float32", ["n"]);
    const session = await InferenceSession.create(layers.graph.encode("/"), { executionProviders: ["cpu"] });
    const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(-300, 2, 300), [3]) });
    await session.release();
    expect([...(y!.data as Float32Array)]).toEqual([-65_504, 8, 65_504]);
  });

  it.each([
    ["bfloat16", ["transformer", "t5"]],
    ["float16", ["transformer"]],
  ] as const)("of a %s checkpoint exist for %s and are sound in every type and shape", async (type, parts) => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-native-"));
    try {
      await writeRandomCheckpoint(join(folder, "checkpoint"), { configs: checkpointConfigs(), type });
      const manifest = await importModel(join(folder, "checkpoint"), {
        modelsFolder: folder,
        card: { name: "native" },
      });
      const native = Object.entries(manifest.parts).filter(([, { graphs }]) => graphs[type] !== undefined);
      expect(native.map(([name]) => name).sort()).toEqual([...parts].sort());
      for (const [, { graphs }] of native) {
        const fault = await open(join(folder, "native", graphs[type]!), join(folder, "checkpoint"));
        // ONNX Runtime checks types and shapes before it looks for kernels, of which the CPU lacks some of 16 bits.
        if (fault !== undefined) expect(fault).toMatch(missingKernel);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
