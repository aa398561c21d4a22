import { Command } from "commander";
import { type Config, readEnvironment } from "../config/environment.ts";
import { Refused } from "../core/errors.ts";
import type { LoadReport } from "../engine/engine.ts";
import { Supervisor } from "../engine/supervisor.ts";
import { imageTokens, stepFlops } from "../model/flops.ts";
import type { ImportedModel } from "../model/manifest.ts";
import { findModel, listModels, verifyModel } from "../model/shelf.ts";
import { prepareModel } from "../onnx/choose-model.ts";
import { importModel, type ModelCard } from "../onnx/import-model.ts";
import { table, withPrefix } from "./format.ts";
import { ProgressBar } from "./progress-bar.ts";

/** `pentimento model …` */
export function modelCommand(): Command {
  const command = new Command("model").description("Import, list, inspect and verify models.");
  command
    .command("import")
    .description("Import a checkpoint: a diffusers folder, or a folder with BFL's single files.")
    .argument("<folder>", "checkpoint folder")
    .option("--name <name>", "name of the model (default: the folder's)")
    .option("--licence <id>", 'licence, e.g. Apache-2.0 (default: "unknown", which makes content filters a duty)')
    .option("--max-area <pixels>", "pixels of an output at most (default: 1048576)", toNumber)
    .option("--steps <n>", "default number of steps (default: 28)", toNumber)
    .option("--guidance <x>", "default guidance (default: 2.5)", toNumber)
    .option("--filter-duty <duty>", "required or none (default: by licence)")
    .addHelpText("after", importHelp)
    .action((folder: string, options: ModelCard) => runImport(folder, options));
  command.command("list").description("List the imported models.").option("--json", "as JSON").action(runList);
  command
    .command("info")
    .description("Parameters, bytes, buckets and cost of a model.")
    .argument("<model>", "name, or a folder with a manifest.json")
    .option("--json", "the whole manifest as JSON")
    .option("--open", "open the model and say which provider each part got, and why not another")
    .action(runInfo);
  command
    .command("verify")
    .description("Read every weight file and compare its SHA-256 with the manifest.")
    .argument("<model>", "name, or a folder with a manifest.json")
    .action(runVerify);
  return command;
}

const importHelp = `
Weights are not copied: the graphs written to the models folder point into the
checkpoint's .safetensors files, so keep those where they are.

Example:
  pentimento model import ~/FLUX.1-Kontext-dev --name kontext-dev --licence flux-1-dev-non-commercial`;

function toNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Refused("BAD_INPUT", `"${text}" is not a number`);
  return value;
}

async function runImport(folder: string, card: ModelCard): Promise<void> {
  const { modelsFolder } = readEnvironment();
  const bar = new ProgressBar("hashing weights");
  const manifest = await importModel(folder, {
    modelsFolder,
    card,
    progress: (done, total) => bar.update(done / total, `${withPrefix(done, "B")} of ${withPrefix(total, "B")}`),
  }).finally(() => bar.clear());
  console.log(
    `imported ${manifest.name} (${manifest.precision}, ${withPrefix(parametersOf(manifest.parts), "")} parameters)`,
  );
  console.log(`digest   ${manifest.digest}`);
  if (manifest.tokenizers === null)
    console.log("note     the checkpoint has no tokenizers, so this model can read no prompt");
  if (manifest.filterDuty === "required") {
    console.log(`note     licence "${manifest.licence}": serve it only with content filters or manual review`);
  }
}

async function runList({ json }: { json?: true }): Promise<void> {
  const { modelsFolder } = readEnvironment();
  const models = await listModels(modelsFolder);
  if (json) {
    console.log(
      JSON.stringify(
        models.map((model) => ("manifest" in model ? model.manifest : model)),
        null,
        2,
      ),
    );
  } else if (models.length === 0) {
    console.log(`no model in ${modelsFolder}; import one with: pentimento model import <folder>`);
  } else {
    const rows = models.map((model) =>
      "manifest" in model
        ? [
            model.manifest.name,
            withPrefix(parametersOf(model.manifest.parts), ""),
            model.manifest.precision,
            model.manifest.licence,
            model.manifest.digest.slice(0, 12),
          ]
        : [model.folder, "-", "-", "-", model.fault],
    );
    console.log(table([["name", "parameters", "precision", "licence", "digest"], ...rows]));
  }
}

async function runInfo(name: string, { json, open }: { json?: true; open?: true }): Promise<void> {
  const config = readEnvironment();
  const model = await findModel(config.modelsFolder, name);
  const outcomes = open ? await openOnce(model, config) : undefined;
  if (json) console.log(JSON.stringify({ ...model.manifest, ...(outcomes && { outcomes }) }, null, 2));
  else console.log([describe(model, config), ...(outcomes ? [describeOutcomes(outcomes)] : [])].join("\n"));
}

async function openOnce(model: ImportedModel, config: Config): Promise<LoadReport["outcomes"]> {
  await using engine = new Supervisor();
  const { folder } = await prepareModel(model);
  return (await engine.load(folder, config)).outcomes;
}

function describeOutcomes(outcomes: LoadReport["outcomes"]): string {
  const rows = Object.entries(outcomes).map(([part, { got, passedOver }]) => [`  ${part}`, got, passedOver.join("; ")]);
  return ["opened", table([["  part", "provider", "passed over"], ...rows])].join("\n");
}

function describe({ folder, manifest }: ImportedModel, config: Config): string {
  const parts = Object.entries(manifest.parts).map(([part, { parameters, bytes, precision }]) => [
    `  ${part}`,
    withPrefix(parameters, ""),
    withPrefix(bytes, "B"),
    precision,
  ]);
  const { scaleFactor } = manifest.vae;
  const buckets = manifest.buckets.map((bucket) => {
    const tokens = imageTokens(bucket, scaleFactor);
    const flops = stepFlops(manifest.transformer, {
      text: manifest.textEncoders.t5.tokensMax,
      target: tokens,
      context: tokens,
    });
    return [`  ${bucket.width} × ${bucket.height}`, `${tokens} tokens`, `${withPrefix(flops, "FLOP")} a step`];
  });
  const { steps, guidance } = manifest.defaults;
  return [
    table([
      ["name", manifest.name],
      ["folder", folder],
      ["source", manifest.source],
      ["licence", `${manifest.licence} (content filters: ${manifest.filterDuty})`],
      ["digest", manifest.digest],
      ["defaults", `${steps} steps, guidance ${guidance}`],
      ["providers", `${config.providers.join(", ")} (asked for; --open says what each part gets)`],
    ]),
    table([["  part", "parameters", "bytes", "precision"], ...parts]),
    "buckets (with a context of the same size, prompts of the longest kind)",
    table(buckets),
  ].join("\n");
}

async function runVerify(name: string): Promise<void> {
  const { modelsFolder } = readEnvironment();
  const model = await findModel(modelsFolder, name);
  const bar = new ProgressBar("verifying");
  const faults = await verifyModel(model, (done, total) => bar.update(done / total, withPrefix(total, "B"))).finally(
    () => bar.clear(),
  );
  if (faults.length > 0)
    throw new Refused(
      "BAD_MODEL",
      `${model.manifest.name}: ${faults.length} of ${model.manifest.files.length} files differ`,
      faults,
    );
  console.log(`${model.manifest.name}: all ${model.manifest.files.length} files are as imported`);
}

function parametersOf(parts: Record<string, { parameters: number }>): number {
  return Object.values(parts).reduce((sum, part) => sum + part.parameters, 0);
}
