#!/usr/bin/env node
import { fileURLToPath, pathToFileURL } from "node:url";
import { builtProgram } from "../scripts/build.js";

// What setup built; where a source was changed since, the sources themselves.
const built = builtProgram();
if (built !== undefined) {
  await import(pathToFileURL(built).href);
} else {
  const { register } = await import("tsx/esm/api");
  // The project's own, wherever the command is called from.
  process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL("../tsconfig.json", import.meta.url));
  register();
  await import("../src/cli/main.ts");
}
