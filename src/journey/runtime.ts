import { readFile } from "node:fs/promises";
import type { Recipe } from "../core/recipe.ts";
import type { Manifest } from "../model/manifest.ts";

/** What runs here, as recipes name it. */
export async function runtimeOf(
  projectFolder: string,
  manifest: Manifest,
): Promise<Pick<Recipe, "precision" | "versions" | "noise" | "sigmas">> {
  const { version, dependencies } = await readPackage(projectFolder);
  return {
    precision: manifest.precision,
    versions: {
      pentimento: version,
      "onnxruntime-node": dependencies["onnxruntime-node"]!,
      node: process.versions.node,
    },
    noise: "torch's CPU generator: mt19937, one draw of the whole latent",
    sigmas: "linear, shifted by scheduler_config.json",
  };
}

/** This program's version, and those of the libraries that it names. */
export async function readPackage(
  projectFolder: string,
): Promise<{ version: string; dependencies: Record<string, string> }> {
  return JSON.parse(await readFile(`${projectFolder}/package.json`, "utf8"));
}
