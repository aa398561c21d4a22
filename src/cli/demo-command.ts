import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import {
  AcceptPolicyDocument,
  EditDocument,
  RevokeApiKeyDocument,
  SignInDocument,
  ViewerDocument,
} from "../../schema/generated/graphql.ts";
import { isReachedByOthers, readServerEnvironment } from "../config/environment.ts";
import { projectFolder } from "../core/program.ts";
import type { Server } from "../server/server.ts";
import { Client } from "./client.ts";
import { duration } from "./format.ts";
import { ProgressBar } from "./progress-bar.ts";
import { announce, announceStudio, untilStopped } from "./serve-command.ts";
import { followEdit } from "./server-edit.ts";

const sample = join("samples", "chelsea.png");
const prompt = "make it night";

/** `pentimento demo`: what `npm start` runs. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("Start the server, edit a sample photograph through its public API, and stay up.")
    .action(runDemo);
}

async function runDemo(): Promise<void> {
  const { startServer } = await import("../server/server.ts");
  // A newcomer's terminal shows the demonstration, not the log of every request.
  const config = readServerEnvironment(undefined, { PENTIMENTO_LOG: "warn" });
  const server = await startServer(config);
  announce(server);
  console.log("Ctrl-C stops.\n");
  const demonstration = isReachedByOthers(config) ? undefined : tryDemonstration(server);
  if (demonstration === undefined)
    console.log("no demonstration: others can reach this server, so nobody is signed in");
  await Promise.all([untilStopped(server), demonstration]);
}

/** The server is there for more than its demonstration, and stays up whatever becomes of that. */
export async function tryDemonstration(server: Server): Promise<void> {
  try {
    await demonstrate(server.url, server.signInCode());
    announceStudio(server);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    console.log(`the demonstration ended early: ${reason}`);
  }
}

/** Edits the sample for the account that may use the code, with a key that ends with the demonstration. */
export async function demonstrate(url: string, code: string): Promise<void> {
  const { signIn } = await new Client(url).ask(SignInDocument, { code });
  await using client = new Client(url, signIn.secret);
  try {
    await editSample(client);
  } finally {
    await client.ask(RevokeApiKeyDocument, { id: signIn.key.id });
  }
}

async function editSample(client: Client): Promise<void> {
  const { viewer } = await client.ask(ViewerDocument, {});
  const { version, accepted } = viewer.policy;
  if (!accepted) {
    console.log(`accepting the policy ${version} for the account "${viewer.account.name}"`);
    await client.ask(AcceptPolicyDocument, { version });
  }
  console.log(`editing ${sample}: “${prompt}”`);
  const started = performance.now();
  const imageId = await client.upload(await readFile(join(projectFolder, sample)));
  const { edit } = await client.ask(EditDocument, { input: { prompt, images: [{ imageId }], seed: 7 } });
  const [image] = await followEdit(client, edit.id, new ProgressBar("editing"));
  const seconds = (performance.now() - started) / 1000;
  console.log(`\nresult   ${image!.url}`);
  console.log(`         ${image!.width} × ${image!.height}, ${duration(seconds)}; the link opens for an hour\n`);
}
