import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EditDocument, ImportHashListDocument, OneEditDocument } from "../../schema/generated/graphql.ts";
import type { Client } from "../../src/cli/client.ts";
import { categories, stages } from "../../src/core/moderation.ts";
import { answering, misbehaviours, type Provider, startProvider } from "../support/provider.ts";
import { pictureFile, type TestServer, testServer } from "../support/test-server.ts";

/* What the table of `test/moderation/matrix.test.ts` says of the gate, over the whole way of an edit. */

const sound = answering({ scores: Object.fromEntries(categories.map((category) => [category, 0])) });

let folder: string;
let provider: Provider;
let server: TestServer;
let client: Client;
let imageId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pentimento-fail-closed-"));
  provider = await startProvider();
  const far = { name: "far", shape: "generic", url: provider.url, stages, attempts: 1, timeoutMs: 5_000 };
  const file = join(folder, "filters.json");
  await writeFile(file, JSON.stringify({ format: 1, requiredHashLists: ["known"], http: [far] }));
  server = await testServer({ PENTIMENTO_FILTERS: file });
  ({ client } = await server.account("author"));
  imageId = await client.upload(await pictureFile({ width: 64, height: 48 }));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function outcome() {
  const input = { prompt: "make it night", images: [{ imageId }], steps: 1 };
  const { edit } = await client.ask(EditDocument, { input });
  for await (const { status } of client.progress(edit.id)) if (status === "IN_REVIEW") break;
  return (await client.ask(OneEditDocument, { id: edit.id })).edit;
}

const heldAt = (stage: string) => ({ status: "IN_REVIEW", images: [], verdict: { stage, verdict: "REVIEW" } });

it("holds while a list that is required is missing, and passes once it is there and all filters are sound", async () => {
  provider.behave(sound);
  expect(await outcome()).toMatchObject(heldAt("SOURCE"));
  const text = `type,hash\nmd5,${"0".repeat(32)}\n`;
  const input = { name: "known", category: "NCII", source: "test", format: "csv", text, replace: true } as const;
  await server.client.ask(ImportHashListDocument, { input });
  expect(await outcome()).toMatchObject({ status: "SUCCEEDED", images: [{}], verdict: null });
});

it.each(stages)("holds at %s when a provider misbehaves there alone", async (stage) => {
  for (const way of ["answers 500", "answers garbage", "breaks the connection"]) {
    provider.behave((asked, response) => {
      const asks = JSON.parse(asked.body.toString()) as { stage: string };
      return (asks.stage === stage ? misbehaviours[way]! : sound)(asked, response);
    });
    expect(await outcome(), way).toMatchObject(heldAt(stage));
  }
});
