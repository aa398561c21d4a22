import { Command } from "commander";
import { exitCodes, reportError } from "./errors.ts";

/** In the order of the help. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve-command.ts")).serveCommand(),
  edit: async () => (await import("./edit-command.ts")).editCommand(),
  status: async () => (await import("./status-command.ts")).statusCommand(),
  key: async () => (await import("./key-command.ts")).keyCommand(),
  account: async () => (await import("./account-command.ts")).accountCommand(),
  model: async () => (await import("./model-command.ts")).modelCommand(),
  audit: async () => (await import("./audit-command.ts")).auditCommand(),
  hashes: async () => (await import("./hashes-command.ts")).hashesCommand(),
  incident: async () => (await import("./incident-command.ts")).incidentCommand(),
  cert: async () => (await import("./cert-command.ts")).certCommand(),
  verify: async () => (await import("./verify-command.ts")).verifyCommand(),
  demo: async () => (await import("./demo-command.ts")).demoCommand(),
};

const program = new Command("pentimento")
  .description("Edit images by prompt with FLUX.1 Kontext models, on your own machine.")
  .version("0.1.0");

// A command brings much with it: only the one that is asked for is loaded, and all of them to be listed.
const [, , asked = ""] = process.argv;
const wanted = Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands);
for (const command of await Promise.all(wanted.map((load) => load()))) program.addCommand(command);

/** A wrong command line is a refusal too, whichever command it was meant for. */
function exitAsRefused(command: Command): void {
  command.showHelpAfterError("(add --help for the options)");
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.refused));
  command.commands.forEach(exitAsRefused);
}

exitAsRefused(program);
await program.parseAsync().catch(reportError);
