import "../src/config/no-telemetry.ts";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { reportError } from "../src/cli/errors.ts";
import { duration } from "../src/cli/format.ts";
import { oneOf, wholeNumber, within } from "../src/cli/option-values.ts";
import { ProgressBar } from "../src/cli/progress-bar.ts";
import { readEnvironment } from "../src/config/environment.ts";
import { Refused } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/program.ts";
import { chooseModel } from "../src/onnx/choose-model.ts";
import { type Case, casesOf, readHeldOut, readPhotos } from "./cases.ts";
import { Editor } from "./editor.ts";
import { psnr } from "./planes.ts";
import { plainWordings, strangeWordings } from "./prompts.ts";
import { contactSheet, isLearned, type Outcome, summarise, toMarkdown } from "./report.ts";

interface Options {
  readonly model?: string;
  readonly photos: string;
  readonly heldOut: string;
  readonly steps?: number;
  readonly seed: number;
  readonly only?: Group;
  readonly output?: string;
}

type Group = Case["group"];
const groups: readonly Group[] = ["photo", "scene", "object", "strange"];

await new Command("eval:model")
  .description("Measure a model against the exact results of the edits it was taught, with the engine that serves it.")
  .option("-m, --model <name>", "model name or folder (default: pentimento-mini)")
  .option("--photos <folder>", "real photographs", join(projectFolder, "samples"))
  .option(
    "--held-out <folder>",
    "generated scenes kept back from training",
    join(projectFolder, "models/training/held-out"),
  )
  .option("--steps <n>", "denoising steps (default: the model's)", within("--steps", 1, 1000, wholeNumber))
  .option("--seed <n>", "of the start noise", within("--seed", 0, 2 ** 32 - 1, wholeNumber), 1)
  .option("--only <group>", `${groups.join(", ")}; needs --output`, (text) => oneOf("--only", text, groups))
  .option(
    "-o, --output <folder>",
    "where EVALUATION.md, evaluation.json and contact-sheet.png go (default: the model's folder)",
  )
  .action(run)
  .parseAsync()
  .catch(reportError);

async function run(options: Options): Promise<void> {
  if (options.only !== undefined && options.output === undefined)
    throw new Refused(
      "BAD_INPUT",
      "--only measures a part, which must not take the place of the model's evaluation: add --output",
    );
  const model = await chooseModel(readEnvironment().modelsFolder, options.model);
  const steps = options.steps ?? model.manifest.defaults.steps;
  const photos = await readPhotos(options.photos, model.manifest.buckets);
  const held = await readHeldOut(options.heldOut);
  const cases = [
    ...casesOf("photo", plainWordings, photos),
    ...casesOf("scene", plainWordings, held.scenes),
    ...held.objects,
    ...casesOf("strange", strangeWordings, photos.slice(0, 1)),
  ].filter(({ group }) => options.only === undefined || group === options.only);
  if (cases.length === 0) throw new Refused("BAD_INPUT", "there is nothing to measure: no picture was found");
  const folder = options.output ?? model.folder;
  await mkdir(folder, { recursive: true });
  await using editor = await Editor.open(model);
  const outcomes = await measure(editor, cases, { steps, seed: options.seed });
  const seconds = outcomes.reduce((sum, one) => sum + one.seconds, 0) / outcomes.length;
  const heading = `# Evaluation of ${model.manifest.name}\n\nModel digest \`${model.manifest.digest.slice(0, 16)}\`, ${steps} steps, seed ${options.seed}; ${duration(seconds)} an edit.`;
  const summary = summarise(outcomes);
  await writeFile(join(folder, "EVALUATION.md"), `${toMarkdown(summary, heading)}`);
  await writeFile(
    join(folder, "evaluation.json"),
    `${JSON.stringify({ digest: model.manifest.digest, steps, seed: options.seed, seconds, summary, cases: outcomes.map(toRow) }, null, 1)}\n`,
  );
  const shown = outcomes.filter(({ case: { group } }) => group !== "strange");
  if (shown.length > 0) await writeFile(join(folder, "contact-sheet.png"), await contactSheet(shown));
  console.log(toMarkdown(summary, heading));
}

async function measure(
  editor: Editor,
  cases: readonly Case[],
  how: { steps: number; seed: number },
): Promise<Outcome[]> {
  const bar = new ProgressBar("evaluating");
  const outcomes: Outcome[] = [];
  for (const [i, one] of cases.entries()) {
    const started = performance.now();
    const output = await editor.edit(one.source, one.prompt, how);
    const seconds = (performance.now() - started) / 1000;
    const ceilingDb = psnr(await editor.reconstruct(one.target), one.target);
    outcomes.push({
      case: one,
      output,
      outputDb: psnr(output, one.target),
      sourceDb: psnr(one.source, one.target),
      ceilingDb,
      seconds,
    });
    bar.update((i + 1) / cases.length, `${i + 1}/${cases.length}  ${one.prompt.slice(0, 40)}`);
  }
  bar.clear();
  return outcomes;
}

function toRow(outcome: Outcome) {
  const {
    case: { group, edit, prompt, picture },
    outputDb,
    sourceDb,
    ceilingDb,
  } = outcome;
  const round = (value: number) => Math.round(value * 100) / 100;
  return {
    group,
    edit,
    prompt,
    picture,
    outputDb: round(outputDb),
    sourceDb: round(sourceDb),
    ceilingDb: round(ceilingDb),
    learned: isLearned(outcome),
  };
}
