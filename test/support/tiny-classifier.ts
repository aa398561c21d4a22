import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Graph } from "../../src/onnx/graph.ts";

/** Side of the pictures that the tiny classifier takes. */
export const classifierSide = 32;

/**
 * Makes a classifier of the ViT form that says how red, green and blue a picture is: its logits are ten times the mean of
 * each channel, scaled to -1…1. With `several`, each label stands alone. A `broken` one opens, and each run of it fails.
 */
export async function tinyClassifier(folder: string, { several = false, broken = false } = {}): Promise<void> {
  const graph = new Graph("colours");
  const pixels = graph.input("pixel_values", "float32", ["batch", 3, classifierSide, classifierSide]);
  const means = graph.node("ReduceMean", [pixels, graph.constant("int64", [2, 3], [2])], { keepdims: 0 });
  const scaled = graph.node("Mul", [means, graph.constant("float32", [10], [1])]);
  // Its three values fit into no shape of seven.
  const logits = broken ? graph.node("Reshape", [scaled, graph.constant("int64", [-1, 7], [2])]) : scaled;
  graph.output(logits, "logits", "float32", ["batch", 3]);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.onnx"), graph.encode(folder));
  await writeJson(join(folder, "config.json"), {
    architectures: ["ViTForImageClassification"],
    id2label: { 0: "red", 1: "green", 2: "blue" },
    ...(several ? { problem_type: "multi_label_classification" } : {}),
  });
  await writeJson(join(folder, "preprocessor_config.json"), {
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    image_processor_type: "ViTImageProcessor",
    resample: 2,
    rescale_factor: 0.00392156862745098,
    size: { height: classifierSide, width: classifierSide },
  });
  await writeJson(join(folder, "moderation.json"), {
    format: 1,
    labels: { red: { category: "GORE" }, blue: { category: "SEXUAL", weight: 0.5 } },
  });
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, JSON.stringify(value));
}

/** A picture of one colour. */
export function plain(colour: readonly [number, number, number], { width = 48, height = 40 } = {}) {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) data.set(colour, at);
  return { width, height, data };
}
