import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { ProgressBar } from "../../src/cli/progress-bar.ts";
import { projectFolder } from "../../src/core/program.ts";
import { decodeImage } from "../../src/intake/decode.ts";
import { brighten, crop } from "./distortions.ts";
import { measureFalsePositives, measureSurvival, type Progress } from "./measure.ts";
import { blackOnWhite, generated, type Picture } from "./pictures.ts";
import { toMarkdown } from "./report.ts";

interface Options {
  readonly rounds: string;
  readonly unmarked: string;
  readonly output: string;
}

await new Command("eval:watermark")
  .description("Measure what the watermark survives, how often it is found where it is not, and what it costs.")
  .option("--rounds <n>", "keys and payloads for every picture and distortion", "2")
  .option("--unmarked <n>", "unmarked pictures", "1000")
  .option("-o, --output <file>", "the table", join(projectFolder, "docs/watermark.md"))
  .action(run)
  .parseAsync();

async function run(options: Options): Promise<void> {
  const [rounds, count] = [Number(options.rounds), Number(options.unmarked)];
  const photographs = await readPhotographs();
  const pictures = [...photographs, ...(await derived(photographs)), ...generated()];
  const outcomes = await withBar("marked", (progress) => measureSurvival(pictures, rounds, progress));
  const edge = await withBar("black on white", (progress) => measureSurvival(blackOnWhite(), rounds, progress));
  const falsePositives = await withBar("unmarked", async (progress) =>
    measureFalsePositives(
      count,
      photographs.map(({ image }) => image),
      progress,
    ),
  );
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}`;
  const page = toMarkdown({ outcomes, edge, rounds, falsePositives, machine, load: loadavg()[0]!.toFixed(1) });
  await writeFile(options.output, page);
  console.log(page);
}

async function readPhotographs(): Promise<Picture[]> {
  const names = ["chelsea.png", "coffee.png", "rocket.jpg"];
  return Promise.all(
    names.map(async (name) => ({
      name: name.split(".")[0]!,
      image: await decodeImage(await readFile(join(projectFolder, "samples", name))),
    })),
  );
}

/** Photographs again, one small and upright (300 × 400), one at a quarter of its light. */
async function derived(photographs: readonly Picture[]): Promise<Picture[]> {
  const image = (name: string) => photographs.find((picture) => picture.name === name)!.image;
  return [
    { name: "coffee, upright", image: await crop(image("coffee"), 0.25, 0, 0.25, 0) },
    { name: "chelsea, dim", image: brighten(image("chelsea"), 0.25) },
  ];
}

async function withBar<T>(label: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const bar = new ProgressBar(label);
  const result = await work((done, of, note) => bar.update(done / of, `${done}/${of}  ${note}`));
  bar.clear();
  return result;
}
