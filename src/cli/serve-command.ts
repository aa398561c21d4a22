import { Command } from "commander";
import { readServerEnvironment } from "../config/environment.ts";
import { codeMinutes } from "../core/account.ts";
import type { Server } from "../server/server.ts";

/** `pentimento serve` */
export function serveCommand(): Command {
  return new Command("serve")
    .description("Start the server: GraphQL, live progress, signed pictures, and the studio in the browser.")
    .addHelpText("after", serveHelp)
    .action(async () => {
      // Loaded when it is asked for: the other commands come without it in a third of the time.
      const { startServer } = await import("../server/server.ts");
      const server = await startServer(readServerEnvironment());
      announce(server);
      await untilStopped(server);
    });
}

const serveHelp = `
Everything has a default; nothing is asked. Set in the environment:
  PENTIMENTO_PORT 4000        PENTIMENTO_HOST 127.0.0.1     PENTIMENTO_DATA data/
  PENTIMENTO_MODEL            name of the model to serve    DATABASE_URL  file:… or postgresql://…
  PENTIMENTO_PROVIDERS cpu    tensorrt,cuda,webgpu,cpu      PENTIMENTO_LOG info
To be reached from other machines, itself or through a proxy (PENTIMENTO_PUBLIC_URL, the root of a site, without a path), a
server must be given its secrets: it says which when they are missing. It then prints no link that signs in. How to run one
for others: docs/operating.md.
Accounts and keys: pentimento key --help. Ctrl-C stops; what was accepted goes on at the next start.`;

/** Where it listens, what it runs on, and how to get in. */
export function announce(server: Server): void {
  const { url, model, report, resumed } = server;
  const { passedOver, got } = report.outcomes.transformer;
  for (const line of passedOver) process.stderr.write(`provider passed over: ${line}\n`);
  console.log(`Pentimento serves ${model.manifest.name} on ${got} at ${url}`);
  if (resumed > 0) console.log(`${resumed} unfinished ${resumed === 1 ? "edit goes" : "edits go"} on`);
  console.log(`GraphQL  ${url}/graphql`);
  announceStudio(server);
}

/** The studio's address, each time with a link of its own where it signs in. */
export function announceStudio(server: Server): void {
  const link = server.studioLink();
  console.log(
    link === undefined
      ? `studio   ${server.url}/  (sign in with a key: npx pentimento key create --account anna --role ADMIN)`
      : `studio   ${link}  (opens once, within ${codeMinutes} minutes)`,
  );
}

/** So soon, a second signal is the first once more: npm hands on a Ctrl-C that the terminal has told us too. */
const echoMs = 500;

/** Waits for SIGINT or SIGTERM, then closes the server; a second signal ends the process at once. */
export async function untilStopped(server: AsyncDisposable): Promise<void> {
  await new Promise<void>((resolve) => {
    let stoppedAt: number | undefined;
    const stop = (_: NodeJS.Signals, number: number) => {
      if (stoppedAt !== undefined) {
        if (performance.now() - stoppedAt > echoMs) process.exit(128 + number);
        return;
      }
      stoppedAt = performance.now();
      process.stderr.write("stopping …\n");
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  await server[Symbol.asyncDispose]();
}
