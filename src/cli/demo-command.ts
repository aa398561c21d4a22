import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { projectFolder } from "../config/environment.ts";
import { defaultModel } from "./choose-model.ts";
import { editFile } from "./edit-command.ts";
import { duration } from "./format.ts";

const sample = join("samples", "chelsea.png");
const prompt = "make it night";

/** `pentimento demo`: what `npm start` runs until there is a server to start. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("Prepare Pentimento's own small model and edit a sample photograph with it.")
    .action(runDemo);
}

async function runDemo(): Promise<void> {
  process.stderr.write(`editing ${sample}: “${prompt}”\n`);
  const output = join(projectFolder, "out", "demo.png");
  await mkdir(join(projectFolder, "out"), { recursive: true });
  const facts = await editFile(join(projectFolder, sample), prompt, {
    model: join(projectFolder, "models", defaultModel),
    seed: 7,
    size: "original",
    strength: 1,
    quality: 90,
    bucketRule: "diffusers",
    rounding: "float32",
    output,
  });
  console.log(`${output}  ${facts.width} × ${facts.height} in ${duration(facts.seconds)} (${facts.steps} steps)`);
  console.log(`try your own:  npx pentimento edit <image> "<prompt>" -o result.png`);
}
