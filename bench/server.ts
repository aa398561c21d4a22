import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import sharp from "sharp";
import { AcceptPolicyDocument, SignInDocument } from "../schema/generated/graphql.ts";
import { Client } from "../src/cli/client.ts";
import { table } from "../src/cli/format.ts";
import { readServerEnvironment } from "../src/config/environment.ts";
import type { OutputFormat } from "../src/core/edit.ts";
import { projectFolder } from "../src/core/program.ts";
import { type Server, startServer } from "../src/server/server.ts";
import type { SeenEdit } from "./edit-client.ts";
import { measureFanOut } from "./fan-out.ts";
import { saveResult } from "./result.ts";
import { measureSmallQuery } from "./small-query.ts";

/**
 * Edits of each kind, after some that warm up: a process that has just begun takes 20 ms more for each of its first five, and
 * some more for the next few. One edit differs from the next by 10 ms on a busy machine.
 */
const edits = 25;
const warmUps = 10;

interface Kind {
  /** Pixels of the square that is edited, and as large comes the result back. The small model works at 512. */
  readonly side: number;
  readonly format: OutputFormat;
  /** Whether each edit has a prompt of its own: one that comes again is not read and encoded again. */
  readonly newPrompts: boolean;
}

const kinds: readonly Kind[] = [
  ...[512, 1024].flatMap((side) => (["PNG", "JPEG"] as const).map((format) => ({ side, format, newPrompts: false }))),
  { side: 512, format: "JPEG", newPrompts: true },
];

interface EditTimes extends SeenEdit {
  /** Inside `session.run`, over all parts of the model. */
  readonly runMs: number;
}

/** The server on this machine: what an edit costs beside its model, how fast it tells and answers. */
export async function benchServer(): Promise<void> {
  const dataFolder = await mkdtemp(join(tmpdir(), "pentimento-bench-"));
  const environment = { PENTIMENTO_DATA: dataFolder, PENTIMENTO_PORT: "0", PENTIMENTO_LOG: "error" };
  const server = await startServer(readServerEnvironment({ ...environment }));
  try {
    const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.signInCode() });
    await using client = new Client(server.url, signIn.secret);
    await client.ask(AcceptPolicyDocument, { version: "default@1" });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const times: (EditTimes & { readonly kind: Kind })[] = [];
    for (const kind of kinds) {
      const imageId = await client.upload(await square(kind.side));
      const prompts = kind.newPrompts ? "new" : "same";
      const seen = await editTimes(server, [server.url, signIn.secret, imageId, kind.format, prompts]);
      times.push(...seen.map((one) => ({ ...one, kind })));
    }
    delay.disable();
    const query = await measureSmallQuery(Number(new URL(server.url).port), "{ __typename }");
    const fanOut = await measureFanOut();
    const loopP99Ms = delay.percentile(99) / 1e6;
    const rows = kinds.map((kind) => {
      const { side, format, newPrompts } = kind;
      const name = `${format}, ${side} × ${side}${newPrompts ? ", new prompts" : ""}`;
      return rowOf(
        name,
        times.filter((one) => one.kind === kind),
      );
    });
    console.log(table([["edit", "wall", "session.run", "rest", "least rest", "first event"], ...rows]));
    console.log(`loop delay p99 ${loopP99Ms.toFixed(1)} ms`);
    console.log(JSON.stringify({ query, fanOut }, null, 1));
    await saveResult("server", { times, loopP99Ms, query, fanOut });
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function square(side: number): Promise<Uint8Array> {
  const file = await readFile(join(projectFolder, "samples", "coffee.png"));
  return new Uint8Array(await sharp(file).resize(side, side, { fit: "cover" }).jpeg().toBuffer());
}

/** @param asked the client's arguments: URL, key, image, format, whether prompts are "new" or the "same" */
async function editTimes(server: Server, asked: readonly string[]): Promise<EditTimes[]> {
  const client = fork(join(import.meta.dirname, "edit-client.ts"), asked, { execArgv: ["--import", "tsx"] });
  const times: EditTimes[] = [];
  for (let seed = 0; seed < warmUps + edits; seed += 1) {
    const before = await runMs(server);
    const seen = once(client, "message");
    client.send(seed);
    const [edit] = (await seen) as [SeenEdit];
    if (seed >= warmUps) times.push({ ...edit, runMs: (await runMs(server)) - before });
  }
  client.disconnect();
  return times;
}

async function runMs(server: Server): Promise<number> {
  const { child } = await server.engine.status();
  return child?.runMs ?? 0;
}

/** Medians, and of what an edit takes beside its model also the least. */
function rowOf(name: string, times: readonly EditTimes[]): string[] {
  const sorted = (of: (time: EditTimes) => number) => times.map(of).sort((a, b) => a - b);
  const ms = (value: number | undefined) => `${value!.toFixed(0)} ms`;
  const median = (of: (time: EditTimes) => number) => ms(sorted(of)[Math.floor(times.length / 2)]);
  const rest = ({ wallMs, runMs: run }: EditTimes) => wallMs - run;
  return [
    name,
    median(({ wallMs }) => wallMs),
    median(({ runMs: run }) => run),
    median(rest),
    ms(sorted(rest)[0]),
    median(({ firstMs }) => firstMs),
  ];
}
