import { readFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";

/**
 * Opens a graph without running it: ONNX Runtime resolves every type and shape and maps the weights. Nothing is optimised
 * or repacked, so no weight is read. Prints the error's first line if any, and the peak of this process's memory.
 */
const [graph, weightsRoot] = [process.argv[2]!, process.argv[3]!];
const fault = await InferenceSession.create(readFileSync(graph), {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "disabled",
  extra: { session: { model_external_initializers_file_folder_path: weightsRoot, disable_prepacking: "1" } },
}).then(
  () => null,
  (error: Error) => error.message.split("\n")[0],
);
console.log(JSON.stringify({ fault, rssBytes: process.resourceUsage().maxRSS * 1024 }));
