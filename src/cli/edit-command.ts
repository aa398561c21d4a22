import { Command } from "commander";
import { readEnvironment } from "../config/environment.ts";
import { Refused } from "../core/errors.ts";
import type { Size } from "../core/image.ts";
import { checkPrompt } from "../core/prompt.ts";
import { randomSeed } from "../core/random.ts";
import { Supervisor } from "../engine/supervisor.ts";
import { encodeImage } from "../finishing/encode.ts";
import { decodeImage, decodeMask } from "../intake/decode.ts";
import { chooseModel } from "../onnx/choose-model.ts";
import { type EditRequest, type EditResult, type EditStep, runEdit } from "./edit.ts";
import { checkOutput, readInput, writeOutput } from "./files.ts";
import { duration } from "./format.ts";
import { oneOf, wholeNumber, within } from "./option-values.ts";
import { ProgressBar } from "./progress-bar.ts";
import { editOnServer } from "./server-edit.ts";

export interface EditOptions {
  readonly model?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly seed?: number;
  readonly aspect?: string;
  readonly size: string;
  readonly mask?: string;
  readonly strength: number;
  readonly negative?: string;
  readonly trueCfg?: number;
  readonly output: string;
  readonly quality: number;
  readonly bucketRule: string;
  readonly rounding: string;
  readonly json?: true;
  readonly server?: string;
}

/** `pentimento edit <image> <prompt>` */
export function editCommand(): Command {
  return new Command("edit")
    .description("Edit a picture by a sentence.")
    .argument("<image>", "JPEG, PNG or WebP; at most 20 MB and 16.7 megapixels")
    .argument("<prompt>", 'what to change, e.g. "make it night"')
    .option("-o, --output <file>", "where to write; .png, .jpg, .webp or .avif", "edited.png")
    .option(
      "-m, --model <name>",
      "model name, or a folder with a manifest.json (default: pentimento-mini, or the only one)",
    )
    .option("--steps <n>", "denoising steps, 1 to 1000 (default: the model's)", within("--steps", 1, 1000, wholeNumber))
    .option(
      "--guidance <x>",
      "how strongly the prompt counts, 0 to 100 (default: the model's)",
      within("--guidance", 0, 100),
    )
    .option(
      "--seed <n>",
      "0 to 4294967295; the same seed gives the same picture (default: drawn)",
      within("--seed", 0, 2 ** 32 - 1, wholeNumber),
    )
    .option("--aspect <w:h>", "aspect ratio of the result, e.g. 16:9 (default: the picture's)")
    .option("--size <which>", "original: the picture's own size; model: the size the model worked at", "original")
    .option("--mask <file>", "repaint only where this picture is white; the rest keeps its pixels")
    .option(
      "--strength <x>",
      "with --mask: 1 repaints from pure noise, less keeps more of what is there",
      within("--strength", 0, 1),
      1,
    )
    .option("--negative <prompt>", "what should not appear; needs --true-cfg")
    .option(
      "--true-cfg <scale>",
      "true classifier-free guidance, above 1 to 100; doubles the time",
      within("--true-cfg", 1, 100),
    )
    .option("--quality <n>", "of JPEG, WebP and AVIF, 1 to 100", within("--quality", 1, 100, wholeNumber), 90)
    .option(
      "--bucket-rule <name>",
      "how the bucket is chosen: as diffusers or as BFL's code (bfl); not with --server",
      "diffusers",
    )
    .option(
      "--rounding <type>",
      "bfloat16 draws the noise and rounds as the released pipelines do; not with --server",
      "float32",
    )
    .option("--server <url>", "let a running server do it, with the key in PENTIMENTO_KEY")
    .option("--json", "print the result as JSON")
    .addHelpText("after", editHelp)
    .action(runCommand);
}

const editHelp = `
Examples:
  pentimento edit cat.jpg "make it night" -o night.png
  pentimento edit cat.jpg "same cat, in a raincoat" --model kontext-dev --seed 7
  pentimento edit room.jpg "remove the cup" --mask cup-is-white.png
  PENTIMENTO_KEY=pk_… pentimento edit cat.jpg "make it night" --server http://127.0.0.1:4000

With --server: --steps up to 100, --guidance 1 to 9, --true-cfg up to 20, --strength above 0.
Exit codes: 0 done, 1 failed, 2 refused (bad input), 130 cancelled with Ctrl-C.
Environment: PENTIMENTO_MODELS, PENTIMENTO_PROVIDERS (cpu), PENTIMENTO_DEVICE, PENTIMENTO_THREADS.`;

async function runCommand(image: string, prompt: string, options: EditOptions): Promise<void> {
  const { json, server } = options;
  if (server !== undefined) {
    console.log(await editOnServer(server, image, prompt, options));
    return;
  }
  const facts = await editFile(image, prompt, options);
  console.log(json ? JSON.stringify(facts) : describe(facts));
}

/** Edits a file into a file with progress on stderr; what the command line and the demonstration do. */
export async function editFile(image: string, prompt: string, options: EditOptions): Promise<EditFacts> {
  const format = await checkOutput(options.output);
  const inputs = await readInputs(image, prompt, options);
  const config = readEnvironment();
  const model = await chooseModel(config.modelsFolder, options.model);
  const { steps = model.manifest.defaults.steps, guidance = model.manifest.defaults.guidance } = options;
  const request = { ...inputs, steps, guidance };
  const cancel = new AbortController();
  const onInterrupt = () => cancel.abort();
  process.once("SIGINT", onInterrupt);
  const bar = new ProgressBar("denoising");
  try {
    await using engine = new Supervisor();
    const { outcomes } = await engine.load(model.folder, config, cancel.signal);
    for (const line of outcomes.transformer.passedOver) process.stderr.write(`provider passed over: ${line}\n`);
    const result = await runEdit(engine, model.manifest, request, { signal: cancel.signal, onStep: showStep(bar) });
    bar.clear();
    await writeOutput(options.output, await encodeImage(result.image, format, options.quality));
    const { image: pixels, ...timing } = result;
    return {
      output: options.output,
      width: pixels.width,
      height: pixels.height,
      ...timing,
      seed: request.seed,
      steps,
      guidance,
      model: model.manifest.name,
      digest: model.manifest.digest,
      provider: outcomes.transformer.got,
    };
  } finally {
    bar.clear();
    process.off("SIGINT", onInterrupt);
  }
}

/** Everything that can be wrong without a model, read and checked before one is opened. */
async function readInputs(
  image: string,
  prompt: string,
  options: EditOptions,
): Promise<Omit<EditRequest, "steps" | "guidance">> {
  checkPrompt(prompt);
  const size = oneOf("--size", options.size, ["original", "model"]);
  const bucketRule = oneOf("--bucket-rule", options.bucketRule, ["diffusers", "bfl"]);
  const rounding = oneOf("--rounding", options.rounding, ["float32", "bfloat16"]);
  const { aspect, mask } = options;
  return {
    image: await decodeImage(await readInput(image)),
    prompt,
    seed: options.seed ?? randomSeed(),
    size,
    bucketRule,
    rounding,
    ...(aspect === undefined ? {} : { aspect }),
    ...(mask === undefined ? {} : { mask: await decodeMask(await readInput(mask)), strength: options.strength }),
    ...trueCfgOf(options),
  };
}

function showStep(bar: ProgressBar): (step: EditStep) => void {
  return ({ done, total, seconds, secondsLeft }) =>
    bar.update(done / total, `step ${done}/${total}  ${duration(seconds)} a step  ${duration(secondsLeft)} left`);
}

function trueCfgOf({ trueCfg, negative }: EditOptions): Pick<EditRequest, "trueCfg"> {
  if ((trueCfg === undefined) !== (negative === undefined)) {
    throw new Refused("BAD_INPUT", "--negative and --true-cfg go together: true classifier-free guidance needs both");
  }
  return trueCfg === undefined || negative === undefined
    ? {}
    : { trueCfg: { negativePrompt: negative, scale: trueCfg } };
}

/** What was made, and what is needed to make it again. */
export interface EditFacts extends Omit<EditResult, "image">, Size {
  readonly output: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly model: string;
  readonly digest: string;
  readonly provider: string;
}

function describe(facts: EditFacts): string {
  const { bucket, seconds, secondsPerStep, steps, seed, guidance, model, provider } = facts;
  return [
    `${facts.output}  ${facts.width} × ${facts.height}, ${duration(seconds)} (${duration(secondsPerStep)} a step, ${provider})`,
    `seed ${seed}, bucket ${bucket.width} × ${bucket.height}, ${steps} steps, guidance ${guidance}, model ${model}`,
  ].join("\n");
}
