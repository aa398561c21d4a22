import { Command } from "commander";
import { editCommand } from "./edit-command.ts";
import { reportError } from "./errors.ts";
import { modelCommand } from "./model-command.ts";

const program = new Command("pentimento")
  .description("Edit images by prompt with FLUX.1 Kontext models, on your own machine.")
  .version("0.1.0")
  .showHelpAfterError("(add --help for the options)")
  .addCommand(editCommand())
  .addCommand(modelCommand());

await program.parseAsync().catch(reportError);
