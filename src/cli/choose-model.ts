import { Refused } from "../core/errors.ts";
import type { ImportedModel } from "../model/manifest.ts";
import { findModel, listModels } from "../model/shelf.ts";

/** The model that comes with Pentimento. */
export const defaultModel = "pentimento-mini";

/** The model asked for; without one Pentimento's own, or the only one there is. */
export async function chooseModel(modelsFolder: string, asked: string | undefined): Promise<ImportedModel> {
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
