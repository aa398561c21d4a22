import { Command } from "commander";
import { exitCodes, reportError } from "../src/cli/errors.ts";
import { benchEngine } from "./engine.ts";
import { gpuCommand } from "./gpu.ts";

const program = new Command("bench")
  .description("Benchmarks. Every number stands beside what the machine itself reached in the same run.")
  .showHelpAfterError("(add --help for the list)")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.refused));
program
  .command("engine")
  .description("each part of the model on the CPU: speed, batches, memory, start-up; about 3 minutes")
  .action(benchEngine);
program.addCommand(gpuCommand());

await program.parseAsync().catch(reportError);
