import { importModel } from "../../src/onnx/import-model.ts";

/** Imports a checkpoint in a process of its own and prints the peak of its memory. */
const [folder, modelsFolder] = [process.argv[2]!, process.argv[3]!];
const { digest } = await importModel(folder, { modelsFolder, card: { name: "real" } });
console.log(JSON.stringify({ digest, rssBytes: process.resourceUsage().maxRSS * 1024 }));
