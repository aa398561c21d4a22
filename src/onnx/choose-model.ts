import { Refused } from "../core/errors.ts";
import { exists } from "../core/exists.ts";
import type { ImportedModel } from "../model/manifest.ts";
import { findModel, listModels, resolveIn } from "../model/shelf.ts";
import { writeGraphs } from "./import-model.ts";

/** The model that comes with Pentimento. */
export const defaultModel = "pentimento-mini";

/** The model asked for, ready to be opened; without one Pentimento's own, or the only one there is. */
export async function chooseModel(modelsFolder: string, asked: string | undefined): Promise<ImportedModel> {
  return prepareModel(await pick(modelsFolder, asked));
}

/** Writes a model's graphs where they are missing: they are made from the checkpoint and do not travel with it. */
export async function prepareModel(model: ImportedModel): Promise<ImportedModel> {
  const { name, parts } = model.manifest;
  const graphs = Object.values(parts).map(({ graphs }) => resolveIn(model, graphs.float32));
  const there = await Promise.all(graphs.map(exists));
  if (there.every(Boolean)) return model;
  process.stderr.write(`preparing the model ${name} …\n`);
  await writeGraphs(model);
  return model;
}

async function pick(modelsFolder: string, asked: string | undefined): Promise<ImportedModel> {
  if (asked !== undefined) return findModel(modelsFolder, asked);
  const models = (await listModels(modelsFolder)).filter((model): model is ImportedModel => "manifest" in model);
  const own =
    models.find(({ manifest }) => manifest.name === defaultModel) ?? (models.length === 1 ? models[0] : undefined);
  if (own !== undefined) return own;
  throw new Refused(
    "MODEL_UNAVAILABLE",
    models.length === 0
      ? `no model in ${modelsFolder}: import one with "pentimento model import <folder>"`
      : `several models: choose one with --model (${models.map(({ manifest }) => manifest.name).join(", ")})`,
  );
}
