import { Command } from "commander";
import { ModelsDocument, SchedulerDocument, ViewerDocument } from "../../schema/generated/graphql.ts";
import { readClientEnvironment } from "../config/environment.ts";
import { Client } from "./client.ts";
import { duration, table } from "./format.ts";

/** `pentimento status`: what a running server is doing. */
export function statusCommand(): Command {
  return new Command("status")
    .description("Show what a running server serves, what waits, and what a step costs there.")
    .option("--server <url>", "its address (default: PENTIMENTO_SERVER, or http://127.0.0.1:4000)")
    .addHelpText("after", "\nNeeds a key in PENTIMENTO_KEY; make one with: pentimento key create")
    .action(async ({ server }: { server?: string }) => {
      const { serverUrl, key } = readClientEnvironment();
      const client = new Client(server ?? serverUrl, key);
      const { viewer } = await client.ask(ViewerDocument, {});
      const { models } = await client.ask(ModelsDocument, {});
      const { scheduler } = await client.ask(SchedulerDocument, {});
      for (const { name, provider, ready, defaultSteps } of models)
        console.log(`model    ${name} on ${provider}, ${defaultSteps} steps${ready ? "" : " (not ready)"}`);
      console.log(`account  ${viewer.account.name} (${viewer.account.role}, ${viewer.account.status})`);
      const { pictures, backlogMs, backlogMsMax, buckets } = scheduler;
      console.log(
        `queue    ${pictures} pictures, ${duration(backlogMs / 1000)} of work of at most ${duration(backlogMsMax / 1000)}`,
      );
      if (buckets.length === 0) return;
      const rows = buckets.map(({ bucket, depth, open, oldestMs, stepTimes }) => [
        bucket,
        `${depth}`,
        `${open}`,
        duration(oldestMs / 1000),
        stepTimes.map(({ rows, ms }) => `${rows}: ${duration(ms / 1000)}`).join(", "),
      ]);
      console.log(table([["bucket", "waiting", "running", "oldest", "step by rows"], ...rows]));
    });
}
