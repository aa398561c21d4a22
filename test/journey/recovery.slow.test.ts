import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AcceptPolicyDocument, EditDocument, OneEditDocument, SignInDocument } from "../../schema/generated/graphql.ts";
import { Client } from "../../src/cli/client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { pictureFile } from "../support/test-server.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

/** Each is a start of a whole server: fifty take four minutes. */
const kills = process.env.PENTIMENTO_TEST_FULL === "1" ? 50 : 8;

let model: TinyModel;
let dataFolder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  model = await tinyModel();
  dataFolder = await mkdtemp(join(tmpdir(), "pentimento-kill-"));
  environment = {
    PENTIMENTO_DATA: dataFolder,
    PENTIMENTO_MODELS: model.modelsFolder,
    PENTIMENTO_PORT: "0",
    PENTIMENTO_LOG: "silent",
    PENTIMENTO_MEASURE_SECONDS: "0",
    PENTIMENTO_THREADS: "1",
  };
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(dataFolder, { recursive: true, force: true });
});

/** A small generator with a fixed seed, so that a failure can be met again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("kill -9", () => {
  it(`${kills} times with edits in flight: every accepted edit finishes, once, with the pixels of its seed, and no file is left over`, async () => {
    const draw = chance(20261128);
    let server = await ServerProcess.start(environment);
    const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.code });
    let client = new Client(server.url, signIn.secret);
    await client.ask(AcceptPolicyDocument, { version: "default@1" });
    const imageId = await client.upload(await pictureFile({ width: 80, height: 60 }));
    const accepted: { id: string; seed: number }[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      // Seeds repeat, so that the same edit can be compared with itself across kills.
      const seed = kill % 5;
      const input = { prompt: "make it night", images: [{ imageId }], seed, steps: 4, idempotencyKey: `kill-${kill}` };
      const { edit } = await client.ask(EditDocument, { input });
      accepted.push({ id: edit.id, seed });
      // Somewhere between its first moderation and its last move: after so many events of the edit before it.
      const watched = accepted[Math.max(0, accepted.length - 1 - Math.floor(draw() * 2))]!;
      let events = Math.floor(draw() * 7);
      for await (const _ of client.progress(watched.id)) {
        events -= 1;
        if (events <= 0) break;
      }
      await server.kill();
      server = await ServerProcess.start(environment);
      client = new Client(server.url, signIn.secret);
    }
    const digests = new Map<number, Set<string>>();
    for (const { id, seed } of accepted) {
      const terminal: string[] = [];
      const numbers: number[] = [];
      for await (const event of client.progress(id)) {
        numbers.push(event.seq);
        if (event.__typename !== "StepEvent") terminal.push(event.status);
      }
      expect(terminal.filter((status) => status === "SUCCEEDED")).toHaveLength(1);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      const { edit } = await client.ask(OneEditDocument, { id });
      expect(edit).toMatchObject({ status: "SUCCEEDED", images: [{ contentType: "image/png" }] });
      const bytes = await (await fetch(edit!.images[0]!.url!)).arrayBuffer();
      digests.set(seed, (digests.get(seed) ?? new Set()).add((await sharp(bytes).raw().toBuffer()).toString("base64")));
    }
    expect([...digests.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1]);
    expect(await server.terminate()).toBe(0);
    // The source and each edit's one result: nothing is left of what a kill cut short.
    const files = await readdir(join(dataFolder, "images"), { recursive: true });
    expect(files.filter((file) => /[0-9a-f]{64}$/.test(file))).toHaveLength(1 + accepted.length);
  }, 900_000);

  it("SIGTERM ends it within ten seconds with edits in flight, and they go on at the next start", async () => {
    let server = await ServerProcess.start(environment);
    const { signIn } = await new Client(server.url).ask(SignInDocument, { code: server.code });
    let client = new Client(server.url, signIn.secret);
    const imageId = await client.upload(await pictureFile({ width: 80, height: 60 }, 2));
    const input = { prompt: "sepia", images: [{ imageId }], steps: 100 };
    const { edit } = await client.ask(EditDocument, { input });
    for await (const event of client.progress(edit.id)) if (event.__typename === "StepEvent") break;
    const stopping = performance.now();
    expect(await server.terminate()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(10_000);
    server = await ServerProcess.start(environment);
    client = new Client(server.url, signIn.secret);
    const statuses: string[] = [];
    for await (const event of client.progress(edit.id)) statuses.push(event.status);
    expect(statuses.at(-1)).toBe("SUCCEEDED");
    await server.terminate();
  }, 240_000);
});
