import { once } from "node:events";
import { EditDocument } from "../schema/generated/graphql.ts";
import { Client } from "../src/cli/client.ts";
import type { OutputFormat } from "../src/core/edit.ts";

/** One edit as its client saw it. */
export interface SeenEdit {
  /** From the mutation's call to the terminal event. */
  readonly wallMs: number;
  /** Until the first event. */
  readonly firstMs: number;
  readonly steps: number;
}

/** Makes one edit for every message from its parent, the message being the seed; a process of its own, as clients are. */
const [, , url, key, imageId, format, prompts] = process.argv;
const client = new Client(url!, key);

async function edit(seed: number): Promise<SeenEdit> {
  const prompt = prompts === "new" ? `make it night, as on day ${seed}` : "make it night";
  const input = { prompt, images: [{ imageId }], seed, output: { format: format as OutputFormat } };
  const started = performance.now();
  const { edit: accepted } = await client.ask(EditDocument, { input });
  let firstMs = 0;
  for await (const _ of client.progress(accepted.id)) firstMs ||= performance.now() - started;
  return { wallMs: performance.now() - started, firstMs, steps: accepted.steps };
}

process.on("message", async (seed: number) => process.send!(await edit(seed)));
await once(process, "disconnect");
await client[Symbol.asyncDispose]();
