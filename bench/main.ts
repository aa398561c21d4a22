import "../src/config/no-telemetry.ts";
import { Command } from "commander";
import { exitCodes, reportError } from "../src/cli/errors.ts";
import { benchAudit } from "./audit.ts";
import { benchCredentials } from "./credentials.ts";
import { benchEngine } from "./engine.ts";
import { gpuCommand } from "./gpu.ts";
import { benchModeration } from "./moderation.ts";
import { benchScheduler } from "./scheduler.ts";
import { benchServer } from "./server.ts";
import { benchStore } from "./store.ts";

const program = new Command("bench")
  .description(
    "Benchmarks. Every number stands beside what the machine itself reached in the same run; saved in out/bench/.",
  )
  .showHelpAfterError("(add --help for the list)")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.refused));
program
  .command("engine")
  .description("each part of the model on the CPU: speed, batches, memory, start-up; about 3 minutes")
  .action(benchEngine);
program
  .command("server")
  .description("an edit beside its model, loop delay, first event, fan-out to 1,000 sockets, small queries; 2 minutes")
  .action(benchServer);
program
  .command("scheduler")
  .description("16 edits at once beside bare sessions, waiting under load, the time of a decision; 5 minutes")
  .action(benchScheduler);
program
  .command("credentials")
  .description("signing and verifying content credentials, per format; half a minute")
  .action(benchCredentials);
program
  .command("moderation")
  .description("hash lists of 1,000,000 entries, PDQ, prompt rules, how fast a suspension holds; a minute")
  .action(benchModeration);
program
  .command("store")
  .description("an edit's moves in the database; half a minute")
  .argument("[url]", "of a PostgreSQL database; SQLite when it is left out")
  .action(benchStore);
program
  .command("audit")
  .description("a page of a million audit events, for each kind of filter; some minutes")
  .action(benchAudit);
program.addCommand(gpuCommand());
for (const command of program.commands) command.copyInheritedSettings(program);

// Commander takes a missing name for an error; here it is the question which names there are.
if (process.argv.length <= 2) program.outputHelp();
else await program.parseAsync().catch(reportError);
