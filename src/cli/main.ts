import { Command } from "commander";
import { auditCommand } from "./audit-command.ts";
import { certCommand } from "./cert-command.ts";
import { demoCommand } from "./demo-command.ts";
import { editCommand } from "./edit-command.ts";
import { exitCodes, reportError } from "./errors.ts";
import { incidentCommand } from "./incident-command.ts";
import { keyCommand } from "./key-command.ts";
import { modelCommand } from "./model-command.ts";
import { serveCommand } from "./serve-command.ts";
import { statusCommand } from "./status-command.ts";
import { verifyCommand } from "./verify-command.ts";

const program = new Command("pentimento")
  .description("Edit images by prompt with FLUX.1 Kontext models, on your own machine.")
  .version("0.1.0")
  .addCommand(serveCommand())
  .addCommand(editCommand())
  .addCommand(statusCommand())
  .addCommand(keyCommand())
  .addCommand(modelCommand())
  .addCommand(auditCommand())
  .addCommand(incidentCommand())
  .addCommand(certCommand())
  .addCommand(verifyCommand())
  .addCommand(demoCommand());

/** A wrong command line is a refusal too, whichever command it was meant for. */
function exitAsRefused(command: Command): void {
  command.showHelpAfterError("(add --help for the options)");
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.refused));
  command.commands.forEach(exitAsRefused);
}

exitAsRefused(program);
await program.parseAsync().catch(reportError);
